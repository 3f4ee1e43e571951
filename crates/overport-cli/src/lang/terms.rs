//! Names of what is shown.

use super::number;
use super::quantity::Quantity;
use crate::report::data::{Host, Origin, Settings, SyscallCounter, View};
use crate::report::ranking::{Metric, Ratio};

/// The words for figures, views and metrics, and the phrases that several places need.
pub(crate) trait TermTexts {
    /// The figure's name, without its unit.
    fn quantity(&self, quantity: Quantity) -> &'static str;

    /// A name for the head of a narrow column, without its unit; 10 columns wide at most.
    fn short(&self, quantity: Quantity) -> &'static str;

    /// The figure's name with its unit, as an axis is titled.
    fn titled(&self, quantity: Quantity) -> String {
        let name = self.quantity(quantity);
        match quantity.unit() {
            Some(unit) => format!("{name} ({unit})"),
            None => name.into(),
        }
    }

    fn view(&self, view: View) -> &'static str;

    fn metric(&self, metric: Metric) -> &'static str;

    /// What a model is called in books, for one of this program's models.
    fn model_title(&self, model: &str) -> Option<&'static str>;

    /// What a model or the host rests on, as `serve` and `doctor` say it in English; as it is
    /// where it is not known.
    fn rests_on<'a>(&self, text: &'a str) -> &'a str;

    /// Why a completion port rests on what it does, as the library says it in English; as it is
    /// where it is not known.
    fn backend_reason(&self, text: &str) -> String;

    /// The host's system, which is not Windows where it was Wine.
    fn host_system(&self, host: &Host) -> String {
        match &host.wine {
            Some(version) => self.wine(version, &host.system),
            None => host.system.clone(),
        }
    }

    /// That it was Wine of this version and not Windows, although it says that it is `system`.
    fn wine(&self, version: &str, system: &str) -> String;

    /// What the completion port rests on at the host, and why where that is known.
    fn host_backend(&self, host: &Host) -> String {
        let backend = self.rests_on(&host.backend);
        match &host.backend_reason {
            Some(reason) => format!("{backend} ({})", self.backend_reason(reason)),
            None => backend.to_owned(),
        }
    }

    /// How system calls were counted, and what that does to the count; a sentence.
    fn syscall_counter(&self, counter: SyscallCounter) -> &'static str;

    /// Where a server comes from, and with how many threads.
    fn origin(&self, origin: &Origin) -> String;

    /// The load that was asked for: connections, bytes, messages in flight.
    fn load(&self, settings: &Settings) -> String;

    /// For servers that share a rank.
    fn not_told_apart(&self, rounds: usize) -> String;

    /// For a figure that could not be had.
    fn not_available(&self) -> &'static str;

    /// For a speed that the load generator bounded.
    fn load_limited(&self) -> &'static str;

    /// "1.08 times (1.05 to 1.12)".
    fn ratio(&self, ratio: &Ratio) -> String;

    /// In place of an interval that says nothing.
    fn too_few_rounds(&self) -> &'static str;

    /// What that means; a sentence.
    fn too_few_rounds_note(&self) -> &'static str;

    /// What the intervals beside the ranks are; sentences.
    fn intervals_note(&self) -> &'static str;

    /// Which threads are counted; a sentence.
    fn threads_note(&self) -> &'static str;

    /// The threads of servers that have another number of them while handlers block than at the
    /// main load, as pairs of both; a sentence.
    fn stall_threads(&self, servers: &[(&str, u64, u64)]) -> String;

    /// A time, marked if it is a lower bound.
    fn bounded_duration(&self, us: f64, is_lower_bound: bool) -> String;

    /// "1 error".
    fn errors(&self, count: u64) -> String;

    /// "1.08 times".
    fn times(&self, ratio: f64) -> String;

    fn connections(&self, count: u64) -> String;

    fn threads(&self, count: u64) -> String;

    fn rounds(&self, count: u64) -> String;

    fn lines(&self, count: u64) -> String;

    fn clients(&self, count: u64) -> String;

    /// "10,000 messages a second".
    fn messages_per_second(&self, rate: f64) -> String;

    /// Names as a list in a sentence.
    fn list(&self, names: &[&str]) -> String;

    /// A time in seconds, in words.
    fn seconds(&self, seconds: f64) -> String {
        number::duration(seconds * 1e6)
    }
}
