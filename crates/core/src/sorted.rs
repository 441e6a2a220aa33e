//! Sorting by insertion: the library's sort is a tenth of the checkout WASM, and what is sorted there is short.

/// Brings the last item to its place among those before it, which are sorted. An item equal to others goes behind them.
pub(crate) fn settle<T>(items: &mut [T], is_before: impl Fn(&T, &T) -> bool) {
    let mut end = items.len();
    while let Some([.., earlier, later]) = items.get_mut(..end)
        && is_before(later, earlier)
    {
        core::mem::swap(earlier, later);
        end = end.wrapping_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_library_does(items: Vec<(u8, u16)>) {
            let mut sorted = Vec::new();
            for item in &items {
                sorted.push(*item);
                settle(&mut sorted, |a, b| a.0 < b.0);
            }
            let mut expected = items;
            expected.sort_by_key(|item| item.0);
            prop_assert_eq!(sorted, expected);
        }
    }
}
