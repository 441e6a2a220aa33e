//! Finds what looks like a card number in a text that everybody may read.

/// Whether the text holds a run of 13 to 19 digits, separators ignored, whose Luhn sum is right
/// (ISO/IEC 7812-1 annex B). Any stretch of a longer run counts.
pub fn looks_like_card(text: &str) -> bool {
    let digits: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|byte| byte & 15)
        .collect();
    (13..=19).any(|length| digits.windows(length).any(luhn))
}

fn luhn(digits: &[u8]) -> bool {
    let mut sum = 0_u32;
    for (place, digit) in digits.iter().rev().enumerate() {
        let doubled = u32::from(*digit).wrapping_shl((place & 1) as u32);
        sum = sum.wrapping_add(if doubled > 9 {
            doubled.wrapping_sub(9)
        } else {
            doubled
        });
    }
    sum.is_multiple_of(10)
}
