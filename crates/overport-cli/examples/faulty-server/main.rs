//! An echo server with a fault, or with a known additional cost: what `overport compare` must
//! recognize. The tests start it, and `bench/planted-difference` measures it.

#[cfg_attr(target_os = "linux", path = "clock/linux.rs")]
#[cfg_attr(windows, path = "clock/windows.rs")]
mod clock;
mod fault;
mod server;
mod work;

use std::net::{SocketAddr, TcpListener};
use std::thread;

use clap::Parser;

use fault::{Fault, Kind};
use server::Server;
use work::Work;

/// Echo on one thread, with a fault or with a known additional cost, until it is ended
#[derive(Parser)]
struct Args {
    /// The address to listen on; port 0 takes any that is free
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,

    /// What is wrong with it
    #[arg(long, value_enum, default_value_t = Kind::None)]
    fault: Kind,

    /// Receives, over all connections, that it answers rightly before the fault
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: u64,

    /// What a receive and its answer cost in processor time without the addition, in
    /// microseconds
    #[arg(long, value_name = "US", default_value_t = 5.0)]
    base_us: f64,

    /// Processor time to add to each receive, in percent of --base-us
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    extra_percent: f64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.fault == Kind::NeverListens {
        sleep_for_ever();
    }
    let work = Work::of_us(args.base_us * args.extra_percent / 100.0);
    let listener = TcpListener::bind(args.listen)?;
    println!("listening on {}", listener.local_addr()?);
    let fault = Fault::new(args.fault, args.after);
    Server::new(listener, fault, work)?.run()
}

fn sleep_for_ever() -> ! {
    loop {
        thread::park();
    }
}
