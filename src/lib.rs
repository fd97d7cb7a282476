//! assetmock stands in for five vendors' asset APIs on one port, over one library of assets.
//!
//! A request is answered by [`pipeline`]: the file to read first. It finds the provider ([`providers`]), reads the query
//! string strictly ([`query`]), lets the provider turn it into a neutral question ([`provider`]), asks the library
//! ([`store`]), of which much is kept in memory ([`cache`]), and lets the provider dress the answer ([`payload`]). Whatever
//! goes wrong is a [`failure::Failure`] that the provider words. Where a vendor's documents disagree, the
//! user decides ([`variant`]). Time and chance come from [`clock`], rate limits from
//! [`limits`], failures on cue from [`faults`].
//!
//! What was asked and answered is kept in the [`journal`], with the reason of every refusal in words ([`explain`],
//! [`notes`]) and without a whole key ([`redaction`]).
//!
//! Around that: [`fixture`] is the format of the worlds and [`load_fixtures`] reads them, [`workspace`] makes workspaces and
//! [`workspace_states`] is what they have of their own in this process, [`seen_before`] tells what is asked for again, [`import`] takes a
//! vendor's own list response, [`admin`] is the emulator's own API with [`object`] for what it reads and [`plain_words`] for what is wrong with it, [`text`] reads
//! byte order marks, [`server`] listens,
//! [`connection`] can be broken off, [`framing`] tells heads from bodies and [`request_body`] is what is left of one, [`log`]
//! writes without waiting, [`config`] holds the options, [`environment`] reads them, [`cli`] has the sub-commands,
//! [`running_server`] asks another process, [`port_file`] tells where the server listens, [`origin`] is how a client sees
//! it, and [`size`] is what is too large for one request.
//!
//! To add a provider, copy the folder of an old one; `README.md` says the rest.

pub mod admin;
pub mod cli;
pub mod clock;
pub mod contract;
pub mod emulator;
pub mod http;
pub mod library;
pub mod pipeline;
pub mod providers;
pub mod server;
