//! A small ERC-20 token that anyone may mint. One contract may burn what others hold, as
//! StarkGate's bridges may.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IToken<TState> {
    fn transfer(ref self: TState, recipient: ContractAddress, amount: u256) -> bool;
    fn transfer_from(
        ref self: TState, sender: ContractAddress, recipient: ContractAddress, amount: u256,
    ) -> bool;
    fn approve(ref self: TState, spender: ContractAddress, amount: u256) -> bool;
    fn increase_allowance(ref self: TState, spender: ContractAddress, amount: u256) -> bool;
    fn balance_of(self: @TState, account: ContractAddress) -> u256;
    fn allowance(self: @TState, owner: ContractAddress, spender: ContractAddress) -> u256;
    /// Mints `amount` to `recipient`. Anyone may call it.
    fn mint(ref self: TState, recipient: ContractAddress, amount: u256);
    /// Lets `burner` burn what anybody holds, without an allowance. Anyone may call it.
    fn permit_burner(ref self: TState, burner: ContractAddress);
    /// Burns `amount` of what `account` holds. Only the permitted burner may call it.
    fn permissioned_burn(ref self: TState, account: ContractAddress, amount: u256);
}

#[starknet::contract]
pub mod Token {
    use starknet::storage::{
        Map, StorageMapReadAccess, StorageMapWriteAccess, StoragePathEntry,
        StoragePointerReadAccess, StoragePointerWriteAccess,
    };
    use starknet::{ContractAddress, get_caller_address};

    #[storage]
    struct Storage {
        balances: Map<ContractAddress, u256>,
        allowances: Map<ContractAddress, Map<ContractAddress, u256>>,
        burner: ContractAddress,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        Transfer: Transfer,
        Approval: Approval,
    }

    #[derive(Drop, starknet::Event)]
    struct Transfer {
        #[key]
        from: ContractAddress,
        #[key]
        to: ContractAddress,
        value: u256,
    }

    #[derive(Drop, starknet::Event)]
    struct Approval {
        #[key]
        owner: ContractAddress,
        #[key]
        spender: ContractAddress,
        value: u256,
    }

    #[abi(embed_v0)]
    impl TokenImpl of super::IToken<ContractState> {
        fn transfer(ref self: ContractState, recipient: ContractAddress, amount: u256) -> bool {
            self.move(get_caller_address(), recipient, amount);
            true
        }

        fn transfer_from(
            ref self: ContractState,
            sender: ContractAddress,
            recipient: ContractAddress,
            amount: u256,
        ) -> bool {
            let spender = get_caller_address();
            let allowed = self.allowances.entry(sender).entry(spender).read();
            assert(amount <= allowed, 'Token: allowance too low');
            self.allowances.entry(sender).entry(spender).write(allowed - amount);
            self.move(sender, recipient, amount);
            true
        }

        fn approve(ref self: ContractState, spender: ContractAddress, amount: u256) -> bool {
            self.allow(get_caller_address(), spender, amount);
            true
        }

        fn increase_allowance(
            ref self: ContractState, spender: ContractAddress, amount: u256,
        ) -> bool {
            let owner = get_caller_address();
            self.allow(owner, spender, self.allowances.entry(owner).entry(spender).read() + amount);
            true
        }

        fn balance_of(self: @ContractState, account: ContractAddress) -> u256 {
            self.balances.read(account)
        }

        fn allowance(
            self: @ContractState, owner: ContractAddress, spender: ContractAddress,
        ) -> u256 {
            self.allowances.entry(owner).entry(spender).read()
        }

        fn mint(ref self: ContractState, recipient: ContractAddress, amount: u256) {
            self.balances.write(recipient, self.balances.read(recipient) + amount);
            self.emit(Transfer { from: 0.try_into().unwrap(), to: recipient, value: amount });
        }

        fn permit_burner(ref self: ContractState, burner: ContractAddress) {
            self.burner.write(burner);
        }

        fn permissioned_burn(ref self: ContractState, account: ContractAddress, amount: u256) {
            assert(get_caller_address() == self.burner.read(), 'Token: not the burner');
            let held = self.balances.read(account);
            assert(amount <= held, 'Token: balance too low');
            self.balances.write(account, held - amount);
            self.emit(Transfer { from: account, to: 0.try_into().unwrap(), value: amount });
        }
    }

    #[generate_trait]
    impl Internal of InternalTrait {
        fn move(ref self: ContractState, from: ContractAddress, to: ContractAddress, value: u256) {
            let held = self.balances.read(from);
            assert(value <= held, 'Token: balance too low');
            self.balances.write(from, held - value);
            self.balances.write(to, self.balances.read(to) + value);
            self.emit(Transfer { from, to, value });
        }

        fn allow(
            ref self: ContractState, owner: ContractAddress, spender: ContractAddress, value: u256,
        ) {
            self.allowances.entry(owner).entry(spender).write(value);
            self.emit(Approval { owner, spender, value });
        }
    }
}
