//! A build without the feature `network`.

/// Says that no server is asked.
///
/// # Errors
/// Always.
pub(super) fn fetch(_url: &str) -> Result<String, String> {
    let save = "save the server's /object_info to a file and name that";
    Err(format!("this wanlint was built without the feature 'network' and asks no server: {save}"))
}
