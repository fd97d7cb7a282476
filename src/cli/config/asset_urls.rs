//! The option that says which URLs stand for assets without one of their own.

use clap::ValueEnum;

use crate::emulator::app::AssetUrls;

/// Which URLs stand for assets without one of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UrlForm {
    /// URLs of this server.
    Own,
    /// URLs in the vendor's form.
    Vendor,
}

impl From<UrlForm> for AssetUrls {
    fn from(form: UrlForm) -> AssetUrls {
        match form {
            UrlForm::Own => AssetUrls::Own,
            UrlForm::Vendor => AssetUrls::Vendor,
        }
    }
}
