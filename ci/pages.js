// What `ci/pages` looks for. It runs beside the page, which is in a frame, and writes what it
// found into the element `found`: "nothing", or a fault a line.

const CONTRAST_OF_TEXT = 4.5;
const CONTRAST_OF_MARKS = 3;
/// Pixels that drawings of the same place may differ by.
const SLACK = 1;
/// One fault often brings others.
const MOST_FAULTS = 8;

const frame = document.querySelector('iframe');
frame.addEventListener('load', () => {
  const faults = new Set();
  try {
    check(frame.contentDocument, (fault) => faults.add(fault));
  } catch (error) {
    faults.add(`the check failed: ${error.stack}`);
  }
  document.getElementById('found').textContent = faults.size ? [...faults].slice(0, MOST_FAULTS).join('\n') : 'nothing';
});

function check(page, fault) {
  for (const details of page.querySelectorAll('details')) details.open = true;
  if (!page.querySelector('main')) fault('there is no content');
  width(page, fault);
  for (const svg of page.querySelectorAll('svg.chart')) {
    if (svg.getBoundingClientRect().width > 0) chart(svg, fault);
  }
  contrasts(page, fault);
}

function width(page, fault) {
  const root = page.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    fault(`the page is ${root.scrollWidth} pixels wide, and its window ${root.clientWidth}`);
  }
  for (const element of page.querySelectorAll('body *')) {
    // What scrolls in a box of its own may be wider than that.
    if (element.closest('.scroll table, svg') || !shown(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.right > root.clientWidth + SLACK || box.left < -SLACK) {
      fault(`<${element.localName} class="${element.getAttribute('class') ?? ''}"> is beyond the window: ${short(element)}`);
    }
  }
}

function chart(svg, fault) {
  const name = svg.querySelector('title').textContent;
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].flatMap((text) => {
    const lines = text.querySelectorAll('tspan');
    return lines.length ? [...lines] : [text];
  });
  const boxes = texts.filter((text) => text.textContent.trim()).map((text) => ({ text, box: ink(text) }));
  boxes.forEach(({ text, box }, index) => {
    if (box.left < frame.left - SLACK || box.right > frame.right + SLACK ||
        box.top < frame.top - SLACK || box.bottom > frame.bottom + SLACK) {
      fault(`${name}: "${short(text)}" is cut at the drawing's edge`);
    }
    for (const other of boxes.slice(index + 1)) {
      const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      if (wide > SLACK && high > SLACK) fault(`${name}: "${short(text)}" is over "${short(other.text)}"`);
    }
  });
  axes(svg, name, fault);
  marks(svg, name, fault);
}

/// The box of what is drawn of a line of text: a font's box has space above and below it.
function ink(text) {
  const box = text.getBoundingClientRect();
  const spare = box.height * 0.15;
  return { left: box.left, right: box.right, top: box.top + spare, bottom: box.bottom - spare };
}

function axes(svg, name, fault) {
  const axes = svg.querySelectorAll('.axis');
  if (!axes.length) fault(`${name}: there is no axis`);
  for (const axis of axes) {
    const title = axis.querySelector('.axis-title')?.textContent.trim() ?? '';
    const unit = axis.dataset.unit;
    if (!title || !unit || (unit !== '1' && !title.endsWith(`(${unit})`))) {
      fault(`${name}: an axis' title is "${title}", and its unit "${unit}"`);
    }
    if (axis.querySelectorAll('.tick').length < 2) fault(`${name}: an axis has less than two ticks`);
  }
}

function marks(svg, name, fault) {
  for (const mark of svg.querySelectorAll('rect:not(.clear), circle, path:not(.halo)')) {
    const style = getStyle(mark);
    const colour = style.fill === 'none' || mark.classList.contains('hollow') || mark.classList.contains('disturbed')
      ? style.stroke : style.fill;
    const contrast = contrastOf(parse(colour), background(mark));
    if (contrast < CONTRAST_OF_MARKS) fault(`${name}: a mark "${mark.getAttribute('class')}" has a contrast of ${contrast.toFixed(2)}`);
  }
}

function contrasts(page, fault) {
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element) || !shown(element)) continue;
    if (element.closest('title, desc, style')) continue;
    seen.add(element);
    const style = getStyle(element);
    const colour = element.closest('svg') ? style.fill : style.color;
    const contrast = contrastOf(parse(colour), background(element));
    if (contrast < CONTRAST_OF_TEXT) fault(`"${short(element)}" has a contrast of ${contrast.toFixed(2)}`);
  }
}

function background(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(getStyle(at).backgroundColor);
    if (colour.alpha > 0) return colour;
  }
  return { red: 255, green: 255, blue: 255, alpha: 1 };
}

function parse(colour) {
  const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
  return { red, green, blue, alpha };
}

/// By WCAG 2.
function contrastOf(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance({ red, green, blue }) {
  const linear = [red, green, blue].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function getStyle(element) {
  return element.ownerDocument.defaultView.getComputedStyle(element);
}

function shown(element) {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 0 && getStyle(element).visibility !== 'hidden';
}

function short(element) {
  return element.textContent.trim().replace(/\s+/g, ' ').slice(0, 40);
}
