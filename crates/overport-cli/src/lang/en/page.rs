//! What only the page says.

use super::{English, counted};
use crate::lang::number::count;
use crate::lang::page::{PageTexts, PageWords, Subject, moment};
use crate::lang::terms::TermTexts;
use crate::report::data::{Report, Settings};
use crate::report::difference::Property;

static WORDS: PageWords = PageWords {
    code: "en",
    title: "Socket servers compared",
    verdict: "Verdict",
    left_out: "Not ranked by cost",
    problems: "Servers with a problem",
    errors: "wrong or missing answers",
    servers: "The servers",
    rank: "Rank",
    server: "Server",
    rests_on: "rests on",
    ratio: "Cost by the first's (95 % interval)",
    user: "user",
    system: "system",
    whole: "user and system together",
    parts_unknown: "user and system mode are not told apart: the system counts them in steps that are too long for this",
    lower_bound: "messages were due and not sent, so the true latency is this or more",
    no_source: "the code of a server from outside is not counted",
    not_ranked: "not ranked",
    chosen: "the choice",
    charts: "In detail",
    numbers: "The same in numbers",
    not_in_chart: "Not in this chart",
    stops: "Where a server stops",
    stop_mark: "could not go on",
    cost: "Cost",
    connections: "Over the number of connections",
    latency: "Latency at a fixed rate",
    stall: "Handlers that block",
    idle: "With nothing to do",
    flood: "A flooded message queue",
    sessions: "Short sessions",
    rounds: "The rounds, one by one",
    cost_ratio: "cost by the first's",
    latency_axis: "latency",
    first_answer: "from the connect to the first answer",
    round: "round",
    deviation: "CPU per message, difference from the server's own median",
    idle_cpu: "CPU without a message, of one processor",
    unit_ratio: "ratio",
    interval: "95 % interval",
    beyond_axis: "An interval that ends in an arrow goes on beyond the axis.",
    without_stall: "p99, no handler blocks",
    with_stall: "p99 of the other messages while handlers block",
    without_short: "no handler blocks",
    with_short: "handlers block",
    without_flood: "without the flood",
    with_flood: "beside the flood",
    unconnected: "nobody connected",
    unsent: "due and not sent",
    a_round: "a round",
    disturbed_round: "a round that something disturbed",
    claims: "The textbook beside the figures",
    claims_about: "What is taught about the nine models, and what was measured here. A finding holds \
                   for this load on this machine.",
    goals: "Three goals of a server",
    demands: "Four demands on the way there",
    models: "Advantages and drawbacks of the models",
    advantage: "advantage",
    drawback: "drawback",
    conditions: "How it was measured",
    machine: "Machine",
    operating_system: "system",
    processor: "processor",
    cores: "processors to use",
    memory: "memory",
    virtual_machine: "virtual machine",
    backend: "the completion port rests on",
    descriptors: "descriptors of a process",
    local_ports: "local ports",
    somaxconn: "connections that wait to be accepted",
    pinning: "separate processors",
    server_cpus: "processors of the servers",
    load_cpus: "processors of the load",
    settings: "Settings",
    load: "load",
    rounds_of: "rounds of the main load",
    round_time: "time of a measurement",
    warm_up: "warm-up before it",
    rate: "rate of the open loop",
    patience: "patience with a server",
    views: "views",
    noise: "Noise",
    steal: "taken by the hypervisor",
    foreign: "taken by other processes",
    disturbances: "disturbed measurements",
    spread: "spread of the rounds",
    spread_of: "quartile distance of CPU per message, by its median; the server with the greatest",
    repeat: "To repeat it",
    how_to_read: "How to read it",
    raw_rounds: "All rounds of the main load",
    raw_latency_rounds: "All rounds of the open loop",
    turn: "turn",
    seconds: "time (s)",
    messages: "messages",
    late: "sent late (%)",
    disturbed: "disturbed",
    commands: "Commands of the servers from outside",
    yes: "yes",
    no: "no",
    unknown: "not known here",
    difference: "Two comparisons beside each other",
    report_a: "Report A",
    report_b: "Report B",
    unlike: "What else is different",
    unlike_about: "The reports don't share these, so a difference may come from them.",
    only_in_a: "Only in A",
    only_in_b: "Only in B",
    b_by_a: "B by A",
    told_apart: "told apart",
    not_told_apart: "not told apart",
    differences: "Figures of A and B",
    difference_about: "Medians over the rounds, and the ratio of B to A with its 95 % interval. \
                       An interval that holds 1 does not tell them apart. For cost and latency \
                       less is better, for speed more.",
};

impl PageTexts for English {
    fn page(&self) -> &'static PageWords {
        &WORDS
    }

    fn made(&self, report: &Report) -> String {
        format!(
            "Made by overport {} on {}, in {}",
            report.overport,
            moment(&report.created),
            self.seconds(report.elapsed_s)
        )
    }

    fn about(&self, subject: Subject, settings: &Settings) -> String {
        match subject {
            Subject::Cost => format!(
                "The processor time that a server takes for a message, at {}: the median over the \
                 rounds. Beside it the ratio to the first server's, paired in rounds.",
                self.load(settings)
            ),
            Subject::Connections => "The main load again with other numbers of connections. \
                 The axis of connections is logarithmic, the other one where the values differ much."
                .into(),
            Subject::Latency => match settings.latency_rate_per_s {
                Some(rate) => format!(
                    "From when a message was due to its echo, in an open loop at {}, the same for \
                     all servers. The axis is logarithmic.",
                    self.messages_per_second(rate)
                ),
                None => "From when a message was due to its echo, in an open loop.".into(),
            },
            Subject::Stall => format!(
                "One message in {} makes its handler block for {} ms, at {}. Shown is the p99 of \
                 all other messages: a model whose handlers share a thread lets them wait.",
                count(settings.stall_every),
                count(settings.stall_ms),
                self.messages_per_second(settings.stall_rate_per_s)
            ),
            Subject::Idle => format!(
                "What a server takes that has nothing to do: processor time with nobody connected \
                 and with {}, and its own memory for each of these, without the kernel's for the \
                 socket.",
                self.idle_clients(settings.idle_connections)
            ),
            Subject::Flood => format!(
                "The queue of async-select takes {} messages of the program's own a second beside \
                 those of the sockets. Shown is the latency of the sockets' messages.",
                count(settings.flood_per_s)
            ),
            Subject::Sessions => format!(
                "Clients that connect, exchange {} and go, again and again. Shown is how long they \
                 wait for their first answer, and how many had none at all.",
                counted(settings.session_messages, "message", "messages")
            ),
            Subject::Rounds => {
                "Each dot is one round. A slope is drift; a dot far off is an outlier. \
                 The servers take turns, so what disturbs the machine for long disturbs all."
                    .into()
            }
        }
    }

    fn not_told_apart_from(&self, names: &[&str], rounds: usize) -> String {
        format!("{} from {}", self.not_told_apart(rounds), self.list(names))
    }

    fn not_told_apart_from_any(&self, rounds: usize) -> String {
        format!("{} from any other", self.not_told_apart(rounds))
    }

    fn rank_note(&self, rounds: usize) -> String {
        format!(
            "Ranked by CPU per message over {}. A rank with “=” is shared: the rounds don't tell \
             these servers apart, and more of them (--rounds, --time) may. {}",
            self.rounds(rounds as u64),
            self.intervals_note()
        )
    }

    fn idle_clients(&self, count: u64) -> String {
        counted(count, "idle connection", "idle connections")
    }

    fn starved(&self, starved: u64, clients: u64) -> String {
        format!("{} of {} starved", count(starved), count(clients))
    }

    fn disturbances(&self, repeated: u64, disturbed: u64) -> String {
        format!(
            "{} repeated, {} kept and marked",
            count(repeated),
            count(disturbed)
        )
    }

    fn separate(&self, separate: bool) -> &'static str {
        if separate {
            "yes: servers and load did not share one"
        } else {
            "no: servers and load shared processors, and the load's own cost is in the speed"
        }
    }

    fn reading(&self, rounds: usize) -> Vec<String> {
        vec![
            format!(
                "Intervals are of 95 %, from {}: by a bootstrap, or by Student's t where there are \
                 five rounds or fewer; one round gives none. Ratios are paired: each compares two \
                 servers within the same round, so that drift of the machine drops out.",
                self.rounds(rounds as u64)
            ),
            "A rank is one more than the number of servers that are told to be better. Servers \
             whose intervals overlap share it: that is not proof that they are equal."
                .into(),
            "The main load is a closed loop: each connection sends again when it has its answer. \
             Its speed is not ranked where the load could not have sent more. Latency comes from \
             an open loop at a fixed rate only, and counts from when a message was due."
                .into(),
            "CPU is the time of the server's own processes in user and kernel mode. p99 means that \
             99 of 100 messages took at most so long."
                .into(),
        ]
    }

    fn property(&self, property: &Property) -> String {
        match property {
            Property::Connections => "Connections".into(),
            Property::MessageBytes => "Bytes of a message".into(),
            Property::InFlight => "Messages in flight".into(),
            Property::RoundSeconds => "Time of a measurement (s)".into(),
            Property::WarmUpSeconds => "Warm-up (s)".into(),
            Property::LatencyRate => "Rate of the open loop (messages per second)".into(),
            Property::System => "System".into(),
            Property::Cpu => "Processor".into(),
            Property::Cores => "Processors to use".into(),
            Property::VirtualMachine => "Virtual machine".into(),
            Property::ServerCpus => "Processors of the servers".into(),
            Property::LoadCpus => "Processors of the load".into(),
            Property::Backend { server } => format!("What {server} rests on"),
            Property::Threads { server } => format!("Threads of {server}"),
            Property::Command { server } => format!("Command of {server}"),
        }
    }
}
