"""chipi-stack 2.4.1 against the sandbox: what it can do unmodified, and with two faults mended.

Both faults are in chipi-stack itself. They show against any server, with every starknet-py that the package
admits (0.23 to 0.30). For CHIPI wallets it hands the decrypted private key, a text, to starknet-py as a key
pair, so it fails before it signs. For reads it hands starknet-py a dictionary as a call, so it fails before it
sends the request. Tests named `unmodified` change nothing in the package: they show each fault exactly, and
fail as soon as the package mends it. Tests named `mended` replace the one name in its modules where the fault
is: `key_pair_mended` replaces Account, `reads_mended` replaces FullNodeClient.
"""

import asyncio
import functools
import json
import os
import time
import urllib.request

import chipi_sdk.execute_paymaster
import chipi_sdk.sessions
import pytest
from chipi_sdk import ChipiSDK, ChipiSDKConfig
from chipi_sdk.encryption import decrypt_private_key, encrypt_private_key
from chipi_sdk.models.session import (
    AddSessionKeyParams,
    CreateSessionKeyParams,
    ExecuteWithSessionParams,
    GetSessionDataParams,
    GetSpendingPolicyParams,
    RevokeSessionKeyParams,
    SessionConfig,
    SetSpendingPolicyParams,
    SpendingPolicyConfig,
)
from chipi_sdk.models.transaction import Call
from chipi_sdk.models.wallet import WalletData, WalletType
from chipi_sdk.shhh.execute_paymaster_raw import (
    execute_shhh_session_sponsored_raw,
    execute_shhh_sponsored_raw,
)
from chipi_sdk.shhh.snip12_hash import Call as RawCall
from starknet_py.hash.selector import get_selector_from_name
from starknet_py.net.account.account import Account
from starknet_py.net.client_models import Call as StarknetCall
from starknet_py.net.full_node_client import FullNodeClient
from starknet_py.net.signer.key_pair import KeyPair

with open(os.environ.get("SANDBOX", "sandbox.json"), encoding="utf-8") as file:
    SANDBOX = json.load(file)

ACCOUNT = SANDBOX["accounts"][2]
STRK = SANDBOX["tokens"]["STRK"]
RECIPIENT = "0x9876"
ENCRYPT_KEY = "a key of the user's"
BEARER = "read by nobody"
MAX_CALLS = 9


def in_one_loop(test):
    """Runs a test that is a coroutine."""

    @functools.wraps(test)
    def run(*arguments, **named):
        asyncio.run(test(*arguments, **named))

    return run


@pytest.fixture
def sessions():
    config = ChipiSDKConfig(
        api_public_key="pk_dev_sandbox",
        api_secret_key="sk_dev_sandbox",
        alpha_url=SANDBOX["chipi_url"],
    )
    return ChipiSDK(config).sessions


@pytest.fixture
def key_pair_mended(monkeypatch):
    """Makes the key pair that starknet-py needs from the text that chipi-stack gives."""

    def account(client, address, key_pair, chain):
        pair = KeyPair.from_private_key(key_pair)
        return Account(client=client, address=address, key_pair=pair, chain=chain)

    monkeypatch.setattr(chipi_sdk.execute_paymaster, "Account", account)


@pytest.fixture
def reads_mended(monkeypatch):
    """Makes the call that starknet-py needs from the dictionary that chipi-stack gives."""

    class Client(FullNodeClient):
        async def call_contract(self, call):
            to, selector = call["contract_address"], call["entry_point_selector"]
            return await super().call_contract(StarknetCall(to, selector, call["calldata"]))

    monkeypatch.setattr(chipi_sdk.sessions, "FullNodeClient", Client)


def wallet():
    encrypted = encrypt_private_key(ACCOUNT["private_key"], ENCRYPT_KEY)
    return WalletData(
        public_key=ACCOUNT["address"],
        encrypted_private_key=encrypted,
        wallet_type=WalletType.CHIPI,
    )


def rpc(method, params):
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    request = urllib.request.Request(
        SANDBOX["rpc_url"], json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["result"]


def assert_included(transaction_hash):
    receipt = rpc("starknet_getTransactionReceipt", {"transaction_hash": transaction_hash})
    assert receipt["execution_status"] == "SUCCEEDED"


def transfer(amount):
    return Call(contractAddress=STRK, entrypoint="transfer", calldata=[RECIPIENT, hex(amount), "0x0"])


def transactions():
    with urllib.request.urlopen(SANDBOX["page_url"] + "state.json", timeout=60) as answer:
        return json.load(answer)["transaction_count"]


def create(sessions):
    return sessions.create_session_key(CreateSessionKeyParams(encrypt_key=ENCRYPT_KEY))


async def register_by_starknet_py(session):
    """Registers a session without chipi-stack, by starknet-py."""
    client = FullNodeClient(node_url=SANDBOX["rpc_url"])
    owner = Account(
        client=client,
        address=ACCOUNT["address"],
        key_pair=KeyPair.from_private_key(ACCOUNT["private_key"]),
        chain=SANDBOX["chain_id"],
    )
    transfer_selector = get_selector_from_name("transfer")
    calldata = [int(session.public_key, 16), session.valid_until, MAX_CALLS, 1, transfer_selector]
    add = StarknetCall(int(ACCOUNT["address"], 16), get_selector_from_name("add_session"), calldata)
    sent = await owner.execute_v3(calls=add, auto_estimate=True)
    await client.wait_for_tx(sent.transaction_hash, check_interval=0.1)
    assert_included(hex(sent.transaction_hash))


async def add(sessions, session, allowed=("transfer",)):
    config = SessionConfig(
        session_public_key=session.public_key,
        valid_until=session.valid_until,
        max_calls=MAX_CALLS,
        allowed_entrypoints=list(allowed),
    )
    params = AddSessionKeyParams(encrypt_key=ENCRYPT_KEY, wallet=wallet(), session_config=config)
    return await sessions.aadd_session_key_to_contract(params, BEARER)


async def register(sessions, allowed=("transfer",)):
    session = create(sessions)
    assert_included(await add(sessions, session, allowed))
    return session


def executing(session, calls):
    return ExecuteWithSessionParams(
        encrypt_key=ENCRYPT_KEY, wallet=wallet(), session=session, calls=calls
    )


async def execute(sessions, session, calls):
    return await sessions.aexecute_transaction_with_session(executing(session, calls), BEARER)


async def limit(sessions, session):
    config = SpendingPolicyConfig(
        session_public_key=session.public_key,
        token=STRK,
        max_per_call=10,
        max_per_window=15,
        window_seconds=3600,
    )
    params = SetSpendingPolicyParams(
        encrypt_key=ENCRYPT_KEY, wallet=wallet(), spending_policy_config=config
    )
    return await sessions.aset_spending_policy(params, BEARER)


def revoking(session):
    return RevokeSessionKeyParams(
        encrypt_key=ENCRYPT_KEY, wallet=wallet(), session_public_key=session.public_key
    )


async def read(sessions, session):
    params = GetSessionDataParams(
        wallet_address=ACCOUNT["address"], session_public_key=session.public_key
    )
    return await sessions.aget_session_data(params)


async def read_policy(sessions, session):
    params = GetSpendingPolicyParams(
        wallet_address=ACCOUNT["address"], session_public_key=session.public_key, token=STRK
    )
    return await sessions.aget_spending_policy(params)


def test_unmodified_it_makes_keys(sessions):
    session = create(sessions)
    assert session.valid_until > time.time()
    assert decrypt_private_key(session.encrypted_private_key, ENCRYPT_KEY).startswith("0x")


@in_one_loop
async def test_unmodified_whatever_its_chipi_path_should_sign_fails_before_it_signs(sessions):
    session = create(sessions)
    await register_by_starknet_py(session)
    before = transactions()
    for signing in (
        add(sessions, create(sessions)),
        execute(sessions, session, [transfer(1)]),
        limit(sessions, session),
        sessions.arevoke_session_key(revoking(session), BEARER),
    ):
        with pytest.raises(Exception, match="'str' object has no attribute 'private_key'"):
            await signing
    assert transactions() == before


@in_one_loop
async def test_unmodified_it_reads_no_session_where_there_is_one(sessions, capsys):
    session = create(sessions)
    await register_by_starknet_py(session)
    data = await read(sessions, session)
    assert (data.is_active, data.valid_until, data.remaining_calls) == (False, 0, 0)
    assert "'dict' object has no attribute 'to_addr'" in capsys.readouterr().out


@in_one_loop
async def test_unmodified_it_reads_no_spending_policy(sessions):
    with pytest.raises(Exception, match="'dict' object has no attribute 'to_addr'"):
        await read_policy(sessions, create(sessions))


def test_unmodified_its_second_synchronous_call_finds_its_loop_closed(sessions):
    session = create(sessions)
    for fault in ("'str' object has no attribute 'private_key'", "Event loop is closed"):
        with pytest.raises(Exception, match=fault):
            sessions.revoke_session_key(revoking(session), BEARER)


def test_unmodified_its_synchronous_execution_signs_with_zeros(sessions):
    session = create(sessions)
    asyncio.run(register_by_starknet_py(session))
    with pytest.raises(Exception, match="Session: invalid signature"):
        sessions.execute_transaction_with_session(executing(session, [transfer(1)]), BEARER)


@in_one_loop
async def test_unmodified_a_raw_owner_s_execution_is_told_what_is_wrong_with_it(sessions):
    with pytest.raises(Exception) as refused:
        await execute_shhh_sponsored_raw(
            client=sessions.client,
            bearer_token=BEARER,
            wallet_public_key=ACCOUNT["address"],
            wallet_encrypted_private_key=wallet().encrypted_private_key,
            encrypt_key=ENCRYPT_KEY,
            calls=[RawCall(STRK, "transfer", [RECIPIENT, 1, 0])],
        )
    told = str(refused.value)
    assert "SRC9: invalid signature" in told
    assert "an owner's signature here is [r, s]" in told
    assert "Execute After and Execute Before are felt: they must be u128" in told


@in_one_loop
async def test_unmodified_a_raw_session_s_execution_is_told_what_is_wrong_with_it(sessions):
    session = create(sessions)
    await register_by_starknet_py(session)
    with pytest.raises(Exception) as refused:
        await execute_shhh_session_sponsored_raw(
            client=sessions.client,
            bearer_token=BEARER,
            wallet_public_key=ACCOUNT["address"],
            session_private_key=decrypt_private_key(session.encrypted_private_key, ENCRYPT_KEY),
            session_public_key=session.public_key,
            session_valid_until=session.valid_until,
            calls=[RawCall(STRK, "transfer", [RECIPIENT, 1, 0])],
        )
    told = str(refused.value)
    assert "Session: invalid signature" in told
    assert "Execute After and Execute Before are felt: they must be u128" in told


@in_one_loop
async def test_mended_a_session_is_registered_and_read(sessions, key_pair_mended, reads_mended):
    session = await register(sessions)
    data = await read(sessions, session)
    assert (data.is_active, data.valid_until) == (True, session.valid_until)
    assert data.remaining_calls == MAX_CALLS


@in_one_loop
async def test_mended_a_session_executes_and_counts(sessions, key_pair_mended, reads_mended):
    session = await register(sessions)
    assert_included(await execute(sessions, session, [transfer(3)]))
    assert (await read(sessions, session)).remaining_calls == MAX_CALLS - 1


@in_one_loop
async def test_mended_a_call_that_is_not_on_the_list_is_refused_by_name(sessions, key_pair_mended):
    session = await register(sessions, ["approve"])
    with pytest.raises(Exception, match="transfer of 0x[0-9a-f]+ is not on the session's list"):
        await execute(sessions, session, [transfer(3)])


@in_one_loop
async def test_mended_a_spending_policy_limits_and_is_read(sessions, key_pair_mended, reads_mended):
    session = await register(sessions)
    assert_included(await limit(sessions, session))
    assert_included(await execute(sessions, session, [transfer(9)]))
    with pytest.raises(Exception, match="Spending: over call maximum"):
        await execute(sessions, session, [transfer(11)])
    policy = await read_policy(sessions, session)
    assert (policy.max_per_call, policy.max_per_window, policy.spent_in_window) == (10, 15, 9)


@in_one_loop
async def test_mended_a_revoked_session_is_over(sessions, key_pair_mended, reads_mended):
    session = await register(sessions)
    assert_included(await sessions.arevoke_session_key(revoking(session), BEARER))
    assert not (await read(sessions, session)).is_active
    with pytest.raises(Exception, match="Session: not found"):
        await execute(sessions, session, [transfer(1)])
