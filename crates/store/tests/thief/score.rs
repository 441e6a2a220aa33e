//! How much better than chance a thief is. Chance means: which row of a set is whose was dealt at random.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};

use crate::chance::Chance;
use crate::guess::strategies;
use crate::loot::{Key, Loot};
use crate::shop::Truth;

/// Results over several shops, each strategy on its own.
pub(crate) struct Score {
    shuffles: usize,
    strategies: BTreeMap<String, Tally>,
    ages: BTreeMap<String, Age>,
    links: usize,
}

/// One strategy.
struct Tally {
    /// Right guesses: the very deposit.
    hits: usize,
    /// For each puzzle: rows, and how many of the guesses could be right in some deal.
    dealt: Vec<(usize, usize)>,
    /// Guesses that name a deposit that came together with the right one: the same day, or the same batch.
    near: usize,
    /// The same after each shuffle of the truth.
    near_shuffled: Vec<usize>,
}

/// How well an order of fields tells which of a set came earlier.
#[derive(Default)]
struct Age {
    correlation: f64,
    variance: f64,
}

/// The thief's best, beside chance.
pub(crate) struct Verdict {
    /// Probability that chance alone does as well with the best of all strategies, as many as there are: exact test.
    pub(crate) p_exact: f64,
    /// The same for near guesses: permutation test on the best of all strategies.
    pub(crate) p_near: f64,
    /// Standard deviations of the best strategy's near guesses.
    pub(crate) z_near: f64,
    /// Standard deviations of the best correlation between a field's place and its time of arrival.
    pub(crate) z_age: f64,
    pub(crate) text: String,
}

impl Score {
    pub(crate) fn new(shuffles: usize) -> Self {
        Self { shuffles, strategies: BTreeMap::new(), ages: BTreeMap::new(), links: 0 }
    }

    /// Lets the thief try everything on one loot. `together` is what counts as near: day or batch of each deposit.
    pub(crate) fn add(&mut self, loot: &Loot, truth: &Truth, together: &[usize], seed: u64) {
        let puzzles = loot.puzzles();
        let owners: Vec<HashSet<usize>> =
            puzzles.iter().map(|puzzle| puzzle.left.iter().map(|key| truth.deposit[key]).collect()).collect();
        let deals = deals(loot, truth, self.shuffles, seed);
        self.links += puzzles.iter().map(|puzzle| puzzle.left.len()).sum::<usize>();
        // In a settled database most orders are the same one: their guesses are weighed once
        let mut weighed: HashMap<u64, Tally> = HashMap::new();
        for strategy in strategies(loot) {
            let guesses: Vec<_> = puzzles.iter().map(|puzzle| strategy.guess(puzzle)).collect();
            let mut hasher = DefaultHasher::new();
            guesses.hash(&mut hasher);
            let one = weighed.entry(hasher.finish()).or_insert_with(|| {
                let mut tally = Tally::new(self.shuffles);
                for ((puzzle, owners), guess) in puzzles.iter().zip(&owners).zip(&guesses) {
                    if let Some(guess) = guess {
                        tally.weigh(guess, puzzle.left.len(), owners, &deals, truth, together);
                    }
                }
                tally
            });
            self.strategies.entry(strategy.name()).or_insert_with(|| Tally::new(self.shuffles)).add(one);
        }
        self.add_ages(loot, truth);
    }

    fn add_ages(&mut self, loot: &Loot, truth: &Truth) {
        for puzzle in loot.puzzles().into_iter().filter(|puzzle| puzzle.to_index) {
            for order in &loot.orders {
                let mut rows: Vec<_> = puzzle
                    .left
                    .iter()
                    .filter_map(|key| Some((*order.values.get(key)?, key, truth.deposit[key])))
                    .collect();
                if rows.len() < 3 {
                    continue;
                }
                rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
                let weight = rows.len() as f64 - 1.0;
                let age = self.ages.entry(order.name.clone()).or_default();
                age.correlation += weight * rank_correlation(&rows.iter().map(|row| row.2).collect::<Vec<_>>());
                age.variance += weight;
            }
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let count = self.strategies.len() as f64;
        let by =
            |measure: fn(&Tally) -> f64| self.strategies.iter().max_by(|a, b| measure(a.1).total_cmp(&measure(b.1)));
        let (exact_name, exact) = by(Tally::z_exact).unwrap();
        let (near_name, near) = by(Tally::z_near).unwrap();
        let p_exact = (exact.p_exact() * count).min(1.0);
        let z_near = near.z_near();
        let as_good = (0..self.shuffles)
            .filter(|&shuffle| self.strategies.values().any(|tally| tally.z(tally.near_shuffled[shuffle]) >= z_near))
            .count();
        let p_near = (as_good + 1) as f64 / (self.shuffles + 1) as f64;
        let ages = self.ages.iter().map(|(name, age)| (name, age.correlation / age.variance.sqrt()));
        let (age_name, z_age) = ages.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap_or((near_name, 0.0));
        let text = format!(
            "{} links, {count} strategies\n  exact: {} right, {:.1} by chance, p {p_exact:.2e} ({exact_name})\n  \
             near:  {} right, {:.1} by chance, {z_near:+.1} sd, p {p_near:.3} ({near_name})\n  \
             age:   {z_age:+.1} sd ({age_name})",
            self.links,
            exact.hits,
            exact.mean(),
            near.near,
            near.mean_near(),
        );
        Verdict { p_exact, p_near, z_near, z_age, text }
    }
}

impl Tally {
    fn new(shuffles: usize) -> Self {
        Self { hits: 0, dealt: Vec::new(), near: 0, near_shuffled: vec![0; shuffles] }
    }

    /// One puzzle's guesses.
    fn weigh(
        &mut self,
        guess: &BTreeMap<Key, Key>,
        rows: usize,
        owners: &HashSet<usize>,
        deals: &HashMap<Key, Vec<u32>>,
        truth: &Truth,
        together: &[usize],
    ) {
        let possible = guess.values().filter(|key| owners.contains(&truth.deposit[*key])).count();
        self.dealt.push((rows, possible));
        for (left, right) in guess {
            let right = truth.deposit[right];
            self.hits += usize::from(truth.deposit[left] == right);
            self.near += usize::from(together[truth.deposit[left]] == together[right]);
            for (deal, near) in deals[left].iter().zip(&mut self.near_shuffled) {
                *near += usize::from(together[*deal as usize] == together[right]);
            }
        }
    }

    fn add(&mut self, other: &Self) {
        self.hits += other.hits;
        self.dealt.extend(&other.dealt);
        self.near += other.near;
        for (near, other) in self.near_shuffled.iter_mut().zip(&other.near_shuffled) {
            *near += other;
        }
    }

    /// Right guesses by chance.
    fn mean(&self) -> f64 {
        self.dealt.iter().map(|&(rows, possible)| possible as f64 / rows as f64).sum()
    }

    fn z_exact(&self) -> f64 {
        let variance: f64 = self
            .dealt
            .iter()
            .map(|&(rows, possible)| {
                let (n, k) = (rows as f64, possible as f64);
                let pairs = if rows > 1 { k * (k - 1.0) / (n * (n - 1.0)) } else { 0.0 };
                k / n + pairs - (k / n) * (k / n)
            })
            .sum();
        (self.hits as f64 - self.mean()) / variance.sqrt().max(0.5)
    }

    /// The probability of so many right guesses or more, by the distribution itself.
    fn p_exact(&self) -> f64 {
        let mut total = vec![0.0; self.hits + 1];
        total[0] = 1.0;
        for &(rows, possible) in &self.dealt {
            let one = fixed_points(rows, possible);
            for hits in (0..total.len()).rev() {
                total[hits] = one.iter().take(hits + 1).enumerate().map(|(own, p)| p * total[hits - own]).sum();
            }
        }
        (1.0 - total[..self.hits].iter().sum::<f64>()).max(0.0)
    }

    fn mean_near(&self) -> f64 {
        self.near_shuffled.iter().sum::<usize>() as f64 / self.near_shuffled.len() as f64
    }

    fn z_near(&self) -> f64 {
        self.z(self.near)
    }

    fn z(&self, near: usize) -> f64 {
        let mean = self.mean_near();
        let squares: f64 = self.near_shuffled.iter().map(|&near| (near as f64 - mean).powi(2)).sum();
        let deviation = (squares / (self.near_shuffled.len() as f64 - 1.0)).sqrt();
        (near as f64 - mean) / deviation.max(0.5)
    }
}

/// For each field row the deposits that it belongs to in so many random deals of its set.
fn deals(loot: &Loot, truth: &Truth, shuffles: usize, seed: u64) -> HashMap<Key, Vec<u32>> {
    let mut chance = Chance::new(seed ^ 0x0dea_1000);
    let mut deals: HashMap<Key, Vec<u32>> = HashMap::new();
    for puzzle in loot.puzzles().into_iter().filter(|puzzle| puzzle.to_index) {
        let mut owners: Vec<u32> = puzzle.left.iter().map(|key| truth.deposit[key] as u32).collect();
        for _ in 0..shuffles {
            chance.shuffle(&mut owners);
            for (key, owner) in puzzle.left.iter().zip(&owners) {
                deals.entry(*key).or_default().push(*owner);
            }
        }
    }
    deals
}

/// How many of `possible` marked places a random permutation of `rows` things fills rightly: the probability of 0, 1, 2, …
/// (the problem of coincidences, for some of the places).
fn fixed_points(rows: usize, possible: usize) -> Vec<f64> {
    let n = rows as f64;
    let mut all = Vec::new();
    // The chance that `hits` given places are right, times the ways to choose them
    let mut chosen = 1.0;
    for hits in 0..=possible {
        let (mut sum, mut term) = (0.0, 1.0);
        let (rest, left) = ((possible - hits) as f64, n - hits as f64);
        for more in 0..=(possible - hits) {
            sum += term;
            let m = more as f64;
            if m < rest {
                term *= -(rest - m) / ((m + 1.0) * (left - m));
            }
            if term.abs() < 1e-20 {
                break;
            }
        }
        all.push((chosen * sum).max(0.0));
        let h = hits as f64;
        if h < n {
            chosen *= (possible as f64 - h) / ((h + 1.0) * (n - h));
        }
        if chosen < 1e-20 {
            break;
        }
    }
    all
}

/// Spearman's, of positions and values; values are all different.
fn rank_correlation(values: &[usize]) -> f64 {
    let mut sorted: Vec<_> = (0..values.len()).collect();
    sorted.sort_by_key(|&place| values[place]);
    let n = values.len() as f64;
    let squares: f64 = sorted.iter().enumerate().map(|(rank, &place)| (rank as f64 - place as f64).powi(2)).sum();
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

#[test]
fn the_distribution_of_right_guesses_is_that_of_all_permutations() {
    // All 24 permutations of 4 things with 3 marked places, counted by hand: 0, 1, 2, 3 of them right
    let counted = [11.0, 9.0, 3.0, 1.0];
    for (p, count) in fixed_points(4, 3).iter().zip(counted) {
        assert!((p - count / 24.0).abs() < 1e-12);
    }
    for (rows, possible) in [(1, 1), (1, 0), (10, 10), (1000, 730)] {
        let total: f64 = fixed_points(rows, possible).iter().sum();
        assert!((total - 1.0).abs() < 1e-9, "{rows} {possible} {total}");
    }
}
