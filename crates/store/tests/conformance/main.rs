//! Every statement on both engines: the same tests over SQLite and over PostgreSQL, there with the rights that a server
//! has and no more. `NIGHTSAFE_TEST_POSTGRES_URL` names a superuser of a server; `cargo xtask test` makes one.
#![cfg(all(feature = "outbox", feature = "vault", feature = "monitor"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod audit_keys;
mod copy;
mod custody;
mod fields;
mod key_log;
mod log;
mod migrate;
mod monitor;
mod outbox;
mod passkeys;
mod people;
mod place;
mod purge;
mod recovery;
mod reseal;
mod roles;
mod roles_documented;
mod rows;
mod search;
mod server;
mod sessions;
mod settle;
mod settle_killed;
mod slots;
mod sqlite_outbox;
mod sqlite_vault;
mod statements;

use place::Place;

/// Makes two tests of each function, one on each engine, and [`all`] of them.
macro_rules! on_both_engines {
    ($($group:ident::$test:ident,)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$group::$test(&super::Place::sqlite()).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                if let Some(place) = super::Place::postgres().await {
                    super::$group::$test(&place).await;
                }
            })*
        }

        /// All of them on one engine, each in a place of its own.
        async fn all(engine: place::Engine) {
            $(if let Some(place) = Place::new(engine).await {
                $group::$test(&place).await;
            })*
        }
    };
}

on_both_engines! {
    outbox::many_callers_are_stored_once_and_in_order,
    outbox::a_deposit_that_was_taken_does_no_harm_when_it_comes_again,
    outbox::rows_too_long_for_a_deposit_block_nobody,
    outbox::a_batch_is_bounded_in_bytes_too,
    outbox::a_row_goes_only_with_the_content_that_was_read,
    outbox::memory_for_waiting_deposits_has_a_ceiling,
    outbox::a_full_queue_is_busy_at_once,
    outbox::a_database_that_fails_is_told_and_nothing_is_half_done,
    fields::a_batch_is_taken_in_once_however_often_it_comes,
    fields::what_was_deleted_does_not_come_back,
    fields::what_cannot_be_taken_in_is_quarantined_and_the_rest_goes_on,
    fields::two_deposits_of_one_batch_may_not_disagree_about_a_field,
    fields::a_second_envelope_under_a_tag_is_a_second_row,
    fields::an_opening_is_recorded_with_what_it_hands_out,
    search::search_by_each_term_in_pages,
    sessions::sessions_end_by_idleness_and_by_age,
    sessions::a_token_is_nothing_without_its_tab,
    sessions::what_unlocks_an_identity_goes_with_its_session,
    sessions::an_admin_lists_and_ends_his_own_sessions,
    custody::custody_and_manifests_are_added_once,
    custody::an_admin_has_one_identity_and_grants_are_added_once,
    custody::the_roster_is_only_added_to,
    people::an_invitation_is_good_once_and_for_its_time,
    people::an_entry_admits_who_waits_and_ends_who_goes,
    people::somebody_gets_new_keys_and_the_old_ones_are_gone,
    people::an_entry_that_comes_second_does_nothing,
    people::proposals_wait_until_an_entry_is_taken,
    recovery::a_kit_takes_the_place_of_the_one_before_and_can_be_dropped,
    recovery::a_kit_is_used_once_and_all_sessions_end,
    recovery::a_kit_goes_with_the_identity_that_it_unlocks,
    recovery::a_recovery_is_in_the_log_or_has_not_happened,
    reseal::a_deposit_is_sealed_anew_whole_and_once,
    reseal::what_is_not_as_it_was_stays_as_it_is,
    reseal::what_is_left_is_walked_by_id_past_what_stays,
    reseal::settling_after_it_leaves_one_row_for_each_field,
    purge::a_key_is_destroyed_whole_when_the_last_deposit_under_it_is_sealed_anew,
    purge::a_field_without_its_deposit_and_what_is_in_quarantine_keep_a_key,
    purge::a_deposit_that_comes_too_late_is_put_aside_with_the_reason,
    purge::a_purge_and_a_deposit_at_the_same_moment_come_one_after_the_other,
    purge::a_purge_is_in_the_log_or_has_not_happened,
    key_log::what_was_said_of_keys_is_not_said_again,
    key_log::what_is_said_of_keys_is_in_the_log_or_not_remembered,
    key_log::nothing_is_said_of_a_key_after_its_end,
    key_log::several_vaults_say_it_once,
    passkeys::passkeys_are_added_used_and_removed,
    passkeys::a_passkey_goes_with_kit_and_identity,
    passkeys::a_passkey_change_is_in_the_log_or_has_not_happened,
    audit_keys::an_audit_key_is_added_once_and_granted_like_a_data_key,
    audit_keys::a_sign_in_is_recorded_with_its_entry_or_not_at_all,
    audit_keys::a_change_is_in_the_log_with_what_it_does,
    audit_keys::an_opening_is_in_the_log_with_what_it_hands_out,
    log::a_log_proves_what_it_holds,
    log::a_repeated_commitment_leaves_nothing_half_done,
    log::what_is_not_signed_is_not_there,
    log::a_log_that_was_changed_is_not_continued,
    log::an_erased_entry_leaves_its_leaf,
    log::whoever_appends_at_the_same_time_comes_one_after_the_other,
    copy::a_copy_tells_the_same,
    copy::a_backup_of_a_file_in_use_is_a_vault,
    settle::settling_changes_no_row,
    settle::others_go_on_while_rows_are_settled,
    settle::sets_of_rows_that_nothing_tells_apart_are_counted,
}
