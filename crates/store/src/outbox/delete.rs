//! How taken deposits leave the table while their ids stay, on each engine: all of them or none.

use sqlx::{PgPool, SqlitePool};

/// One by one: a statement costs no way to a server here.
pub(super) async fn one_by_one(pool: &SqlitePool, deposit_ids: &[[u8; 32]]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    for id in deposit_ids {
        sqlx::query("/* outbox keep id */ INSERT INTO taken (deposit_id) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(id.as_slice())
            .execute(&mut *transaction)
            .await?;
        sqlx::query("/* outbox delete one */ DELETE FROM deposit WHERE deposit_id = $1")
            .bind(id.as_slice())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

/// All in one statement, which is one transaction.
pub(super) async fn at_once(pool: &PgPool, deposit_ids: &[[u8; 32]]) -> Result<(), sqlx::Error> {
    // All readers in the same order: two of them wait for each other in one direction only
    let mut ids: Vec<&[u8]> = deposit_ids.iter().map(<[u8; 32]>::as_slice).collect();
    ids.sort_unstable();
    sqlx::query(
        "/* outbox delete all */ WITH kept AS ( \
           INSERT INTO taken (deposit_id) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING) \
         DELETE FROM deposit WHERE deposit_id = ANY($1::bytea[])",
    )
    .bind(ids)
    .execute(pool)
    .await?;
    Ok(())
}
