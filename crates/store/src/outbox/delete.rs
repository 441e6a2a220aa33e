//! How taken deposits leave the table while their ids stay, on each engine: all of them or none. A row goes only if it
//! lies there with the content that was read: another row under its id may be one that nobody has read.

use sqlx::{PgPool, Row, SqliteConnection, SqlitePool};

use super::{Taken, content};

/// One by one: a statement costs no way to a server here. Returns how many rows went.
pub(super) async fn one_by_one(pool: &SqlitePool, taken: &[Taken]) -> Result<u64, sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut gone = 0_u64;
    for one in taken {
        // The id of a damaged row is that of a deposit which may still come
        if one.content == one.deposit_id {
            sqlx::query("/* outbox keep id */ INSERT INTO taken (deposit_id) VALUES ($1) ON CONFLICT DO NOTHING")
                .bind(one.deposit_id.as_slice())
                .execute(&mut *transaction)
                .await?;
        }
        if lies_there(&mut transaction, one).await? {
            let done = sqlx::query("/* outbox delete one */ DELETE FROM deposit WHERE deposit_id = $1")
                .bind(one.deposit_id.as_slice())
                .execute(&mut *transaction)
                .await?;
            gone = gone.saturating_add(done.rows_affected());
        }
    }
    transaction.commit().await?;
    Ok(gone)
}

/// There is one row an id, and SQLite has no hash of its own.
async fn lies_there(connection: &mut SqliteConnection, one: &Taken) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "/* outbox look */ SELECT nonce, body FROM deposit WHERE deposit_id = $1 AND length(body) <= 262144",
    )
    .bind(one.deposit_id.as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(false) };
    Ok(content(row.try_get("nonce")?, row.try_get("body")?) == one.content)
}

/// All in one statement, which is one transaction. Returns how many rows went.
pub(super) async fn at_once(pool: &PgPool, taken: &[Taken]) -> Result<u64, sqlx::Error> {
    // All readers in the same order: two of them wait for each other in one direction only
    let mut taken = taken.to_vec();
    taken.sort_unstable_by_key(|one| (one.deposit_id, one.content));
    let done = sqlx::query(
        "/* outbox delete all */ WITH taken_now AS MATERIALIZED ( \
           SELECT * FROM unnest($1::bytea[], $2::bytea[]) AS one (deposit_id, content)), \
         kept AS ( \
           INSERT INTO taken (deposit_id) SELECT deposit_id FROM taken_now WHERE content = deposit_id \
           ON CONFLICT DO NOTHING) \
         DELETE FROM deposit USING taken_now \
         WHERE deposit.deposit_id = taken_now.deposit_id AND deposit.deposit_id = ANY($1::bytea[]) \
         AND length(deposit.body) <= 262144 AND sha256(deposit.nonce || deposit.body) = taken_now.content",
    )
    .bind(taken.iter().map(|one| one.deposit_id.as_slice()).collect::<Vec<_>>())
    .bind(taken.iter().map(|one| one.content.as_slice()).collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}
