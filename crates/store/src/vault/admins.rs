//! Who may sign in.

use nightsafe_core::time::UnixTime;

use super::{VaultStore, unavailable};
use crate::StoreError;
use crate::sql::statement;

impl VaultStore {
    /// Adds an admin with its OPAQUE record. False when the name is taken; then nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn add_admin(&self, name: &str, record: &[u8], now: UnixTime) -> Result<bool, StoreError> {
        let added = statement(
            "/* vault add_admin */ INSERT INTO admin (name, record, created) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(name)
        .bind(record)
        .bind(now.seconds().cast_signed())
        .execute(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(added > 0)
    }

    /// The OPAQUE record of an admin, `None` when there is no such name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn admin_record(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        statement("/* vault admin_record */ SELECT record FROM admin WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?
            .map(|row| row.get("record").map_err(unavailable))
            .transpose()
    }
}
