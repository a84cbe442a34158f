"""Law 9's own checks are shown to fail against planted bugs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.laws import test_law_09_evidence_shows_tampering as hashes
from tests.laws import test_law_09_redactions as gone
from tests.laws import test_law_09_signatures as signed
from tests.laws.forging import FORGERIES, OTHER_KEY
from tests.laws.mutants import law_09 as bugs
from tests.laws.mutants.planted import FOUND


def each_forgery_is_named() -> None:
    for name in FORGERIES:
        signed.test_a_forgery_without_the_key_is_named(name)


def what_is_left_is_left() -> None:
    gone.test_what_is_left_of_a_record_may_not_change_again({"body": {}})


def forged_by_another() -> None:
    gone.test_a_change_that_a_forger_calls_a_redaction_is_named_in_a_signed_chain(OTHER_KEY)


@pytest.mark.parametrize(
    ("check", "plant"),
    [
        (hashes.test_a_changed_record_is_named, bugs.a_hash_leaves_out_who_acted),
        (
            hashes.test_a_forged_record_with_a_right_hash_breaks_the_one_after_it,
            bugs.a_hash_leaves_out_the_record_before,
        ),
        (hashes.test_a_cut_tail_is_named_against_the_head, bugs.nobody_compares_the_head),
        (hashes.test_a_wholly_rewritten_chain_disagrees_with_the_head, bugs.nobody_compares_the_head),
        (each_forgery_is_named, bugs.a_signature_is_not_checked),
        (signed.test_any_changed_bit_of_a_signature_is_named, bugs.a_signature_is_not_checked),
        (each_forgery_is_named, bugs.any_key_will_do),
        (signed.test_a_new_key_takes_over_and_the_old_ones_records_stay_good, bugs.any_key_will_do),
        (each_forgery_is_named, bugs.an_unsigned_tail_is_accepted),
        (each_forgery_is_named, bugs.the_heads_signature_is_forgotten),
        (each_forgery_is_named, bugs.a_head_is_signed_like_a_record),
        (signed.test_a_chain_stripped_of_every_signature_is_counted_as_unsigned, bugs.unsigned_counts_as_signed),
        (signed.test_a_wholly_rewritten_chain_disagrees_with_what_was_seen_of_it, bugs.only_the_number_is_compared),
        (
            signed.test_a_tail_cut_with_an_older_backups_head_disagrees_with_what_was_seen_of_it,
            bugs.only_the_newest_decision_is_compared,
        ),
        (what_is_left_is_left, bugs.whatever_is_named_counts_as_redacted),
        (gone.test_a_record_that_another_redaction_does_not_name_is_named, bugs.one_redaction_covers_the_whole_chain),
        (
            gone.test_a_record_vouches_for_none_that_come_after_it_nor_for_itself,
            bugs.any_record_may_vouch_for_any,
        ),
        (gone.test_the_newest_redaction_of_a_record_counts, bugs.the_first_redaction_counts),
        (forged_by_another, bugs.any_key_will_do),
        (gone.test_in_an_unsigned_chain_it_is_said_that_nobody_signed_it, bugs.every_redaction_counts_as_signed),
    ],
)
def test_a_planted_bug_in_the_evidence_is_found(
    check: Callable[[], None], plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 9."""
    plant(monkeypatch)
    with pytest.raises(FOUND):
        check()
