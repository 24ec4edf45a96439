//! The person at this machine: home folder and user name, taken out of what is handed to others.

/// What must not be told.
#[derive(Clone, Debug, Default)]
pub struct Person {
    home: Option<String>,
    names: Vec<String>,
}

impl Person {
    /// The person whose process this is.
    pub fn here() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let home = variable("HOME").or_else(|| variable("USERPROFILE"));
        let names = ["USER", "LOGNAME", "USERNAME", "SUDO_USER"].into_iter().filter_map(variable);
        Self::new(home, names.collect())
    }

    /// A person with a home folder and names. The last part of the home folder is a name as well.
    pub fn new(home: Option<String>, mut names: Vec<String>) -> Self {
        // A home that is a root would stand in front of everything.
        let home = home.map(|home| home.trim_end_matches(['/', '\\']).to_owned()).filter(|home| home.len() > 2);
        names.extend(home.as_deref().and_then(|home| home.rsplit(['/', '\\']).next()).map(str::to_owned));
        names.retain(|name| !name.is_empty());
        Self { home, names }
    }

    /// The text with `~` for the home folder, `<user>` for a name that stands alone, and secrets masked.
    pub fn hidden(&self, text: &str) -> String {
        let text = super::masked(text);
        let text = match &self.home {
            Some(home) => at_home(&text, home),
            None => text,
        };
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let end = rest.find(|letter| !is_of_name(letter)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            out += if self.names.iter().any(|name| name.eq_ignore_ascii_case(word)) { "<user>" } else { word };
            let end = after.find(is_of_name).unwrap_or(after.len());
            out += &after[..end];
            rest = &after[end..];
        }
        out
    }
}

/// `~` where the home folder stands as a whole, not as the beginning of a longer name.
fn at_home(text: &str, home: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(home) {
        let after = &rest[at + home.len()..];
        out += &rest[..at];
        out += if after.starts_with(is_of_name) { home } else { "~" };
        rest = after;
    }
    out + rest
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_and_names_are_hidden() {
        let person = Person::new(Some("/home/ann".to_owned()), vec!["ann.lee".to_owned()]);
        let hidden = |text: &str| person.hidden(text);
        assert_eq!(hidden("/home/ann/models:/home/ann"), "~/models:~");
        assert_eq!(hidden("/mnt/ANN/x /srv/ann.lee 'ann'"), "/mnt/<user>/x /srv/<user> '<user>'");
        assert_eq!(hidden("/home/anna/banner annual"), "/home/anna/banner annual");
        assert_eq!(hidden("HF_TOKEN=sesame"), "HF_TOKEN=ses***");
        let windows = Person::new(Some("C:\\Users\\Jürgen".to_owned()), Vec::new());
        assert_eq!(windows.hidden("C:\\Users\\Jürgen\\x c:/users/Jürgen/y"), "~\\x c:/users/<user>/y");
        assert_eq!(Person::new(Some("/".to_owned()), Vec::new()).hidden("/a/b"), "/a/b");
    }
}
