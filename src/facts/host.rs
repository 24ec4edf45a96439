//! What is known about the machine beside the card that is used: all its cards and the driver.

/// All cards and the driver of a machine: stated in `[machine]` of `wanlint.toml`, or detected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// The names of all NVIDIA cards in the order of `nvidia-smi -L`; `None` when nobody said how many there are.
    pub cards: Option<Vec<String>>,
    /// The version of NVIDIA's driver, as in `580.95.05`.
    pub driver: Option<String>,
}

impl Host {
    /// Takes over what is missing here.
    pub fn or(self, other: Self) -> Self {
        Self { cards: self.cards.or(other.cards), driver: self.driver.or(other.driver) }
    }

    /// The branch of the driver: 580 of `580.95.05`.
    pub fn driver_branch(&self) -> Option<u32> {
        self.driver.as_deref()?.split('.').next()?.trim().parse().ok()
    }

    /// Looks at what was stated.
    ///
    /// # Errors
    /// A sentence about a driver that is no version, or an empty list of cards.
    pub fn check(&self) -> Result<(), String> {
        if self.driver.is_some() && self.driver_branch().is_none() {
            return Err("[machine] driver is a version as nvidia-smi shows it: \"580.95.05\"".to_owned());
        }
        match &self.cards {
            Some(cards) if cards.is_empty() || cards.iter().any(|name| name.trim().is_empty()) => {
                Err("[machine] cards is a list of names as nvidia-smi -L shows them".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_mistakes() {
        let host = |driver: &str| Host { driver: Some(driver.to_owned()), ..Host::default() };
        assert_eq!(host("580.95.05").driver_branch(), Some(580));
        assert!(host("new").check().is_err() && host("550").check().is_ok());
        assert!(Host { cards: Some(Vec::new()), ..Host::default() }.check().is_err());
        assert!(Host::default().check().is_ok());
    }
}
