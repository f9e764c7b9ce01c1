//! The tokens and contracts of `mocks/`, deployed once on each chain for all accounts on it.

use session_client::token;
use session_e2e::{Chain, ask, assert_succeeds, send};
use starknet_rust::core::types::{Call, Felt};

use crate::operation::{Token, Venue};

/// What each paying contract has of each token: more than is ever paid.
const FUNDS: u64 = 1_000_000_000;

pub struct Mocks {
    /// The addresses of [`Token::Coin`] and of the spare tokens.
    tokens: [Felt; 1 + Token::SPARES],
    venues: Vec<Felt>,
}

impl Mocks {
    /// Deploys all contracts, and gives funds to those that pay.
    pub async fn deploy(chain: &Chain) -> Self {
        let tokens = chain.deploy_mocks("Token").await;
        let mut venues = vec![];
        for venue in Venue::ALL {
            venues.push(chain.deploy_mock(&format!("{venue:?}")).await);
        }
        let mocks = Self { tokens, venues };
        mocks.fund(chain).await;
        mocks
    }

    async fn fund(&self, chain: &Chain) {
        let coin = self.token(Token::Coin);
        let bridge = self.venue(Venue::Bridge);
        let mut calls = vec![ask(coin, "permit_burner", [bridge])];
        for venue in [Venue::Exchange, Venue::Payout] {
            let venue = self.venue(venue);
            chain.devnet.mint(venue, FUNDS).await.expect("it is funded");
            calls.push(token::transfer(token::ETH, venue, FUNDS.into()));
            calls.push(self.mint(venue, FUNDS.into()));
        }
        assert_succeeds(send(&chain.relayer, calls).await);
    }

    /// Returns the call that mints [`Token::Coin`] for `recipient`.
    pub fn mint(&self, recipient: Felt, amount: u128) -> Call {
        ask(self.token(Token::Coin), "mint", [recipient, amount.into(), Felt::ZERO])
    }

    pub fn token(&self, token: Token) -> Felt {
        match token {
            Token::Strk => token::STRK,
            Token::Eth => token::ETH,
            Token::Coin => self.tokens[0],
            Token::Spare(nth) => self.tokens[1 + nth],
        }
    }

    pub fn venue(&self, venue: Venue) -> Felt {
        self.venues[venue as usize]
    }
}
