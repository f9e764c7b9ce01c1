"""starknet-py 0.29, unmodified: lists with arguments and sessions that end themselves, by the ABI."""

import asyncio
import functools
import json
import os
import time

import pytest
from starknet_py.contract import Contract
from starknet_py.hash.selector import get_selector_from_name
from starknet_py.net.account.account import Account
from starknet_py.net.client_models import Call
from starknet_py.net.full_node_client import FullNodeClient
from starknet_py.net.signer.key_pair import KeyPair
from starknet_py.net.signer.stark_curve_signer import StarkCurveSigner

with open(os.environ.get("SANDBOX", "sandbox.json"), encoding="utf-8") as file:
    SANDBOX = json.load(file)

CHAIN = int(SANDBOX["chain_id"], 16)
ADDRESS = int(SANDBOX["accounts"][1]["address"], 16)
OWNER = KeyPair.from_private_key(SANDBOX["accounts"][1]["private_key"])
STRK = int(SANDBOX["tokens"]["STRK"], 16)
TRANSFER = get_selector_from_name("transfer")
APPROVE = get_selector_from_name("approve")
FRIENDS = (0xA11CE, 0xB0B)
STRANGER = 0xBAD


def in_one_loop(test):
    """Runs a test that is a coroutine."""

    @functools.wraps(test)
    def run():
        asyncio.run(test())

    return run


class SessionSigner(StarkCurveSigner):
    """Signs in SNIP-163's form: [session_key, r, s, valid_until]."""

    def __init__(self, key_pair, valid_until):
        super().__init__(ADDRESS, key_pair, CHAIN)
        self.valid_until = valid_until

    def sign_transaction(self, transaction):
        return [self.public_key, *super().sign_transaction(transaction), self.valid_until]


class Client:
    """The account, with its owner's key and a session."""

    def __init__(self, node, owner, functions):
        self.node, self.owner, self.functions = node, owner, functions
        self.key = KeyPair.generate()
        self.valid_until = int(time.time()) + 3600
        signer = SessionSigner(self.key, self.valid_until)
        self.session = Account(client=node, address=ADDRESS, signer=signer)

    @classmethod
    async def register(cls, *listed, max_fee=10**18):
        """Registers a session for calls that are listed as `(selector, argument)`."""
        node = FullNodeClient(node_url=SANDBOX["rpc_url"])
        owner = Account(client=node, address=ADDRESS, key_pair=OWNER, chain=CHAIN)
        client = cls(node, owner, (await Contract.from_address(ADDRESS, owner)).functions)
        calls = [{"to": STRK, "selector": it, "argument": argument} for it, argument in listed]
        add = client.call("add_session_for_calls", client.valid_until, 10, calls)
        await client.send(client.owner, client.call("set_session_fee_limit", max_fee), add)
        return client

    def call(self, name, *arguments):
        """Prepares a call of the account that takes the session's key first."""
        return self.functions[name].prepare_invoke_v3(self.key.public_key, *arguments)

    async def send(self, account, *calls):
        sent = await account.execute_v3(calls=list(calls), auto_estimate=True)
        receipt = await self.node.wait_for_tx(sent.transaction_hash, check_interval=0.1)
        assert receipt.execution_status.value == "SUCCEEDED"

    async def view(self, name, *arguments):
        (answer,) = await self.functions[name].call(self.key.public_key, *arguments)
        return answer


def token_call(selector, recipient):
    return Call(to_addr=STRK, selector=selector, calldata=[recipient, 7, 0])


def pinned(value, index=0):
    return {"index": index, "value": value}


@in_one_loop
async def test_pinned_recipients_are_paid_and_nobody_else():
    client = await Client.register(*((TRANSFER, pinned(it)) for it in FRIENDS))
    for friend in FRIENDS:
        await client.send(client.session, token_call(TRANSFER, friend))
    with pytest.raises(Exception, match="must be 0xa11ce or 0xb0b, found is 0xbad"):
        await client.send(client.session, token_call(TRANSFER, STRANGER))


@in_one_loop
async def test_a_pinned_spender_stands_beside_a_function_that_takes_any_calldata():
    client = await Client.register((TRANSFER, None), (APPROVE, pinned(FRIENDS[0])))
    await client.send(client.session, token_call(TRANSFER, STRANGER), token_call(APPROVE, FRIENDS[0]))
    with pytest.raises(Exception, match="approve of .*must be 0xa11ce, found is 0xbad"):
        await client.send(client.session, token_call(APPROVE, STRANGER))


@in_one_loop
async def test_status_and_permissions_are_read_by_the_abi():
    client = await Client.register((TRANSFER, pinned(FRIENDS[0])))
    status = await client.view("get_session_status")
    assert status == {
        "is_active": True,
        "valid_until": client.valid_until,
        "remaining_calls": 10,
        "allowed_len": 1,
    }

    async def ask(calldata):
        call = {"to": STRK, "selector": TRANSFER, "calldata": calldata}
        return await client.view("is_call_allowed", call)

    assert await ask([FRIENDS[0], 7, 0])
    assert not await ask([STRANGER, 7, 0])
    assert not await ask([])


@in_one_loop
async def test_a_session_ends_itself_alone_in_a_batch():
    client = await Client.register((TRANSFER, None))
    end = client.call("revoke_session")
    with pytest.raises(Exception, match="must be alone in its batch: this one has 2 calls"):
        await client.send(client.session, token_call(TRANSFER, STRANGER), end)
    await client.send(client.session, end)
    assert (await client.view("get_session_status"))["valid_until"] == 0
    with pytest.raises(Exception, match="Session: not found"):
        await client.send(client.session, token_call(TRANSFER, STRANGER))


@in_one_loop
async def test_under_the_fee_limit_0_a_session_sends_no_plain_transaction():
    client = await Client.register((TRANSFER, None), max_fee=0)
    with pytest.raises(Exception, match="the session's limit is 0: it works through a relayer only"):
        await client.send(client.session, token_call(TRANSFER, FRIENDS[0]))
