//! The model's spending policies, and what they count of a session's batch.

use crate::holdings::Holdings;
use crate::operation::{Deed, Function, Key, Token};
use crate::rules::{Checked, Commitment};
use crate::state::{Model, Policy};

/// The most tokens for which a key may have policies.
const MOST_TOKENS: usize = 8;

impl Model {
    /// Makes `calls`, of a batch that the session `signer` signed, or else the owner.
    pub fn execute(
        &mut self,
        signer: Option<Key>,
        calls: &[Deed],
        commitment: &Commitment,
    ) -> Checked {
        let spender = signer.filter(|key| self.tokens.contains_key(key));
        let tokens = spender.map_or(vec![], |key| self.tokens[&key].clone());
        let measured = match spender {
            Some(key) => self.name(key, calls)?,
            None => vec![false; calls.len()],
        };
        // Batches within this one have later indices.
        let course = self.courses.len();
        self.courses.push(vec![self.holdings.clone()]);
        for deed in calls {
            self.deed(deed, signer, commitment)?;
            self.courses[course].push(self.holdings.clone());
        }
        if let (Some(key), true) = (spender, measured.contains(&true)) {
            let holdings = self.courses[course].clone();
            let steps = holdings.windows(2).zip(measured).filter(|(_, is_measured)| *is_measured);
            let steps: Vec<_> = steps.map(|(step, _)| (&step[0], &step[1])).collect();
            self.count_what_left(key, &tokens, calls, &steps)?;
            self.note_measured(key, &tokens, calls, &steps);
        }
        Ok(())
    }

    /// Counts the amounts that `calls` name. Says for each call whether what leaves during it is measured,
    /// because its contract has no policy.
    fn name(&mut self, key: Key, calls: &[Deed]) -> Checked<Vec<bool>> {
        let now = self.now;
        let mut measured = vec![];
        for deed in calls {
            let (Deed::Token { token, function, .. } | Deed::Malformed(token, function)) = deed
            else {
                measured.push(matches!(deed, Deed::Route(_) | Deed::Make(_)));
                if deed.key() == Some(key) {
                    self.done.push("an own ending that asks no policy");
                }
                continue;
            };
            let policy = self.policies.get_mut(&(key, *token));
            measured.push(policy.is_none());
            let Some(policy) = policy else { continue };
            if !Function::OF_TOKENS.contains(function) {
                return Err(vec!["Spending: selector not counted"]);
            }
            let Some(amount) = deed.amount() else {
                return Err(vec!["Spending: invalid amount"]);
            };
            let amount = u128::try_from(amount).unwrap_or(u128::MAX);
            if amount > policy.per_call {
                return Err(vec!["Spending: over call maximum"]);
            }
            self.notes.extend(policy.edge(now));
            policy.spend(amount, now)?;
        }
        Ok(measured)
    }

    /// Counts what left the account in `steps`, minus the approvals of `calls` that were used up.
    fn count_what_left(
        &mut self,
        key: Key,
        tokens: &[Token],
        calls: &[Deed],
        steps: &[(&Holdings, &Holdings)],
    ) -> Checked {
        let now = self.now;
        for token in tokens {
            let left: u128 = steps.iter().map(|(before, after)| before.fall(after, *token)).sum();
            let named = approvals(calls, *token);
            let used_up: u128 = named
                .iter()
                .map(|(party, named)| {
                    let still = self.holdings.allowance(*token, *party);
                    named.saturating_sub(u128::try_from(still).unwrap_or(u128::MAX))
                })
                .sum();
            let excess = left.saturating_sub(used_up);
            if excess == 0 {
                continue;
            }
            let Some(policy) = self.policies.get_mut(&(key, *token)) else {
                self.done.push("a policy removed meanwhile");
                continue;
            };
            let former = policy.start;
            if let Err(errors) = policy.spend(excess, now) {
                self.note("an excess over its window");
                return Err(errors);
            }
            let begun = policy.start != former;
            self.done.push("an excess in its window");
            if begun {
                self.done.push("an excess that begins a window");
            }
        }
        Ok(())
    }

    /// Notes the cases worth counting in a measured batch.
    fn note_measured(
        &mut self,
        key: Key,
        tokens: &[Token],
        calls: &[Deed],
        steps: &[(&Holdings, &Holdings)],
    ) {
        self.done.push("a measured batch");
        if tokens.len() == MOST_TOKENS {
            self.done.push("a measured batch of 8 tokens");
        }
        for deed in calls {
            if let Deed::Route(it) = deed {
                self.done.push(it.route.name());
            }
        }
        if self.policies.keys().any(|(it, token)| *it == key && !tokens.contains(token)) {
            self.done.push("a policy set meanwhile");
        }
        for token in tokens {
            let left = steps.iter().any(|(before, after)| before.fall(after, *token) > 0);
            let came = steps.iter().any(|(before, after)| after.fall(before, *token) > 0);
            if left && came {
                self.done.push("what came in is not set off");
            }
            for (party, named) in approvals(calls, *token) {
                let is_left = self.holdings.allowance(*token, party) >= named.into();
                if left {
                    let what = if is_left { "an approval left unused" } else { "a set-off" };
                    self.done.push(what);
                }
            }
        }
    }

    /// Sets a policy, by a call of the account itself.
    pub fn set_policy(
        &mut self,
        key: Key,
        token: Option<Token>,
        per_call: u128,
        per_window: u128,
        window: u64,
    ) -> Checked {
        let mut faults = vec![];
        if token.is_none() {
            faults.push("Spending: zero token");
        }
        if window == 0 {
            faults.push("Spending: zero window");
        }
        if per_call == 0 || per_window == 0 {
            faults.push("Spending: zero maximum");
        }
        if per_call > per_window {
            faults.push("Spending: inverted maxima");
        }
        let tokens = self.tokens.get(&key).cloned().unwrap_or_default();
        let is_first = token.is_some_and(|token| !tokens.contains(&token));
        if is_first && tokens.len() == MOST_TOKENS {
            faults.push("Spending: too many tokens");
        }
        let (Some(token), true) = (token, faults.is_empty()) else {
            return Err(faults);
        };
        if is_first {
            self.tokens.entry(key).or_default().push(token);
        }
        let former = self.policies.get(&(key, token));
        let (spent, start) = former.map_or((0, 0), |it| (it.spent, it.start));
        let policy = Policy { per_call, per_window, window, spent, start };
        self.policies.insert((key, token), policy);
        Ok(())
    }

    /// Removes a policy, if there is one. The last token of the key then takes its place.
    pub fn remove_policy(&mut self, key: Key, token: Token) {
        if self.policies.remove(&(key, token)).is_none() {
            return;
        }
        let tokens = self.tokens.remove(&key).into_iter().flatten();
        let mut tokens: Vec<_> = tokens.collect();
        let index = tokens.iter().position(|it| *it == token).expect("it has a policy");
        if index + 1 < tokens.len() {
            self.done.push("the last token takes a place");
        }
        tokens.swap_remove(index);
        if !tokens.is_empty() {
            self.tokens.insert(key, tokens);
        }
    }
}

impl Policy {
    /// Counts `amount`, if the window has room for it.
    fn spend(&mut self, amount: u128, now: u64) -> Checked {
        if self.start == 0 || now - self.start >= self.window {
            (self.start, self.spent) = (now, 0);
        }
        if self.spent + amount > self.per_window {
            return Err(vec!["Spending: over window maximum"]);
        }
        self.spent += amount;
        Ok(())
    }

    /// Returns the case worth counting of a spend at the time `now`.
    fn edge(&self, now: u64) -> Option<&'static str> {
        match (self.start, (now - self.start).checked_sub(self.window)) {
            (0, _) => None,
            (_, Some(0)) => Some("on the second on which a window ends"),
            _ if now - self.start + 1 == self.window => Some("on a window's last second"),
            _ => None,
        }
    }
}

/// Returns the amount that `calls` approve of `token` for each party.
fn approvals(calls: &[Deed], token: Token) -> Vec<(usize, u128)> {
    let mut named: Vec<(usize, u128)> = vec![];
    for deed in calls {
        match deed.approval() {
            Some((of, party, amount)) if of == token => {
                let amount = u128::try_from(amount).unwrap_or(u128::MAX);
                match named.iter_mut().find(|it| it.0 == party) {
                    Some((_, sum)) => *sum += amount,
                    None => named.push((party, amount)),
                }
            }
            _ => {}
        }
    }
    named
}
