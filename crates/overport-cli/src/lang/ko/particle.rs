//! Particles, whose form follows the last sound of the word before them.

/// A particle that has two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Particle {
    /// 은, 는
    Topic,
    /// 이, 가
    Subject,
    /// 을, 를
    Object,
}

/// How a word ends when it is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Vowel,
    Consonant,
    /// A foreign word whose spelling does not tell.
    Unknown,
}

/// `word` with the form of `particle` that belongs to it.
pub(super) fn with(word: &str, particle: Particle) -> String {
    let (after_consonant, after_vowel, either) = match particle {
        Particle::Topic => ("은", "는", "은(는)"),
        Particle::Subject => ("이", "가", "이(가)"),
        Particle::Object => ("을", "를", "을(를)"),
    };
    let form = match ending(word) {
        Ending::Consonant => after_consonant,
        Ending::Vowel => after_vowel,
        Ending::Unknown => either,
    };
    format!("{word}{form}")
}

fn ending(word: &str) -> Ending {
    match word.chars().last() {
        Some(last @ '가'..='힣') => hangul(last),
        Some(last @ '0'..='9') => digit(last),
        Some(last) if last.is_ascii_alphabetic() => latin(&word.to_ascii_lowercase()),
        _ => Ending::Unknown,
    }
}

fn hangul(syllable: char) -> Ending {
    // Syllables are ordered by their final consonant within their vowel, none first, of 28.
    if (u32::from(syllable) - u32::from('가')) % 28 == 0 {
        Ending::Vowel
    } else {
        Ending::Consonant
    }
}

/// 영 일 이 삼 사 오 육 칠 팔 구
fn digit(digit: char) -> Ending {
    match digit {
        '2' | '4' | '5' | '9' => Ending::Vowel,
        _ => Ending::Consonant,
    }
}

/// English words as they are commonly written in Hangul: "port" is 포트, "routine" 루틴,
/// "nonblocking" 논블로킹. After a vowel the spelling does not tell whether b, c, g, k, p or t
/// ends a syllable or begins one of its own: "net" is 넷, but "note" and "hub" are 노트 and 허브.
fn latin(word: &str) -> Ending {
    let mut backwards = word.chars().rev();
    let last = backwards.next();
    let before = backwards.next();
    let follows_vowel = matches!(before, Some('a' | 'e' | 'i' | 'o' | 'u' | 'y'));
    match (before, last) {
        (_, Some('l' | 'm' | 'n'))
        | (Some('l' | 'm' | 'n'), Some('e'))
        | (Some('n'), Some('g'))
        | (Some('c'), Some('k')) => Ending::Consonant,
        (_, Some('b' | 'c' | 'g' | 'k' | 'p' | 't')) if follows_vowel => Ending::Unknown,
        _ => Ending::Vowel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_particle_follows_the_last_syllable() {
        assert_eq!(with("서버", Particle::Object), "서버를");
        assert_eq!(with("모델", Particle::Object), "모델을");
        assert_eq!(with("포트", Particle::Topic), "포트는");
        assert_eq!(with("스레드 풀", Particle::Subject), "스레드 풀이");
    }

    #[test]
    fn the_models_are_spoken_as_they_are_written_in_hangul() {
        let models = [
            ("iterative", "iterative가"),
            ("thread", "thread가"),
            ("nonblocking", "nonblocking이"),
            ("select", "select가"),
            ("async-select", "async-select가"),
            ("event-select", "event-select가"),
            ("overlapped-event", "overlapped-event가"),
            ("overlapped-routine", "overlapped-routine이"),
            ("completion-port", "completion-port가"),
            ("tokio", "tokio가"),
            ("nginx", "nginx가"),
        ];
        for (model, expected) in models {
            assert_eq!(with(model, Particle::Subject), expected);
        }
    }

    #[test]
    fn a_digit_is_read_in_korean() {
        assert_eq!(with("server2", Particle::Object), "server2를");
        assert_eq!(with("server3", Particle::Object), "server3을");
    }

    #[test]
    fn both_forms_stand_where_the_spelling_does_not_tell() {
        assert_eq!(with("asio-net", Particle::Topic), "asio-net은(는)");
        assert_eq!(with("server?", Particle::Topic), "server?은(는)");
        assert_eq!(with("", Particle::Topic), "은(는)");
    }
}
