//! The faults of one party: asked for each request, replaced while it runs, counted when they strike.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shakedown_faults::{Call, Fault, FaultSet, Firing, On};
use shakedown_wire::{Annotation, Annotations, Clock, FaultNote, Party, Request, Response, WireError};

use crate::carry;

/// The faults of one party. Clones share them.
#[derive(Debug, Clone)]
pub struct Injector(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    on: On,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    set: FaultSet,
    /// How often each rule did something. Less than the set's own count where a rule waited for an answer that did not come.
    struck: BTreeMap<usize, u64>,
}

impl Injector {
    /// The faults of the party that plays `on`. Time windows count from the beginning of `clock`.
    pub fn new(faults: FaultSet, on: On, clock: Clock) -> Self {
        let state = State { set: faults, struck: BTreeMap::new() };
        Self(Arc::new(Shared { on, clock, state: Mutex::new(state) }))
    }

    /// `party`, misbehaving: every request is asked about once, in order of arrival.
    pub fn layer(&self, party: Party) -> Party {
        let injector = self.clone();
        Party::from_fn(move |request| {
            let (injector, party) = (injector.clone(), party.clone());
            async move {
                match injector.decide_plain(&request) {
                    None => party.send(request).await,
                    Some(firing) => {
                        let inner = |request| {
                            let party = party.clone();
                            async move { party.send(request).await }
                        };
                        injector.carry_out(&firing, request, inner).await
                    }
                }
            }
        })
    }

    /// Which fault, if any, strikes this call. To be asked once per call, in order of arrival.
    pub fn decide(&self, call: &Call<'_>) -> Option<Firing> {
        self.state().set.decide(call, self.0.clock.elapsed())
    }

    /// Lets `inner` answer `request` with the fault. The fault is added to the request's [`Annotations`] if it strikes.
    ///
    /// Of the actions: waits and changes of the request come first, then an answer (or end) instead of the party's, or the party
    /// itself with its [`crate::StoreFaults`], then what replaces or changes its answer; changes of one kind in their order.
    ///
    /// # Errors
    /// The end of the connection that the fault wants, or the error of `inner`.
    pub async fn carry_out<F, Fut>(&self, firing: &Firing, request: Request, inner: F) -> Result<Response, WireError>
    where
        F: Fn(Request) -> Fut,
        Fut: Future<Output = Result<Response, WireError>> + Send,
    {
        let annotations = request.extensions().get::<Annotations>().cloned().unwrap_or_default();
        if !firing.waits_for_answer() {
            self.strikes(firing, &annotations);
            return carry::out(&firing.actions, request, &annotations, inner).await;
        }
        let method = request.method().clone();
        let response = inner(request).await?;
        let Some(firing) = firing.clone().for_status(response.status().as_u16()) else { return Ok(response) };
        self.strikes(&firing, &annotations);
        carry::out_on_answer(&firing.actions, &method, response, &annotations).await
    }

    /// Other faults from now on, with fresh counters.
    pub fn replace(&self, faults: Vec<Fault>, seed: u64) {
        *self.state() = State { set: FaultSet::new(faults, seed), struck: BTreeMap::new() };
    }

    /// One more fault, behind all others, whose counters go on. Its number.
    pub fn add(&self, fault: Fault) -> usize {
        self.state().set.push(fault)
    }

    /// No faults from now on.
    pub fn clear(&self) {
        self.replace(Vec::new(), 0);
    }

    /// A named event happened: rules that wait for it may strike from now on.
    pub fn event(&self, name: &str) {
        self.state().set.event(name);
    }

    /// The faults as they are now, in their order.
    pub fn faults(&self) -> Vec<Fault> {
        self.state().set.faults().cloned().collect()
    }

    /// How often each rule struck, for all rules in order.
    pub fn fired(&self) -> Vec<(usize, u64)> {
        let state = self.state();
        (0..state.set.faults().len()).map(|rule| (rule, state.struck.get(&rule).copied().unwrap_or(0))).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request seen with HTTP's eyes alone.
    fn decide_plain(&self, request: &Request) -> Option<Firing> {
        self.decide(&Call {
            on: self.0.on,
            operation: None,
            method: request.method(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            key: "",
        })
    }

    fn strikes(&self, firing: &Firing, annotations: &Annotations) {
        *self.state().struck.entry(firing.rule).or_default() += 1;
        let Firing { rule, nth, effect, summary, .. } = firing;
        tracing::debug!(rule, effect, nth, "a fault strikes: {summary}");
        let note = FaultNote { rule: *rule, effect: (*effect).to_owned(), summary: summary.clone(), nth: *nth };
        annotations.add(Annotation::Fault(note));
    }
}
