//! What a model rests on here: a row of the table.

use std::borrow::Cow;

use serde::Serialize;

use crate::serve::{NoPort, RestsOn};

/// A model, what it rests on, and whether that is there.
#[derive(Debug, Serialize)]
pub(super) struct Model {
    pub(super) name: &'static str,
    /// What of the system it uses.
    pub(super) rests_on: Cow<'static, str>,
    /// Whose the model itself is.
    pub(super) built: Built,
    pub(super) usable: bool,
    /// Why it rests on that, or why it is not usable, where it was tried.
    pub(super) reason: Option<String>,
}

/// Where a model comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Built {
    /// The system has it.
    SystemCall,
    /// The system has something else, on which it is built.
    #[cfg_attr(windows, expect(dead_code, reason = "Windows has all of them"))]
    ByUs,
}

impl Model {
    /// One that is usable wherever there are sockets.
    pub(super) fn usable(name: &'static str, rests_on: &'static str, built: Built) -> Self {
        Self {
            name,
            rests_on: rests_on.into(),
            built,
            usable: true,
            reason: None,
        }
    }

    /// The completion port; `port` is what came of making one, and `rests_on` the words for what
    /// that rests on, or could.
    pub(super) fn completion_port(
        port: &Result<RestsOn, NoPort>,
        built: Built,
        rests_on: impl Into<Cow<'static, str>>,
    ) -> Self {
        let reason = match port {
            Ok(port) => port.reason.clone(),
            Err(why) => why.error.to_string(),
        };
        Self {
            name: "completion-port",
            rests_on: rests_on.into(),
            built,
            usable: port.is_ok(),
            reason: Some(reason),
        }
    }
}
