"""chipi-stack 2.4.1 against the sandbox: what it can do unmodified, and with two faults mended.

Both faults are its own and show against any server. Its path for CHIPI wallets hands the decrypted
private key, a text, to starknet-py as a key pair, so it fails before it signs: `'str' object has no
attribute 'private_key'`. Its reads hand starknet-py a dictionary as a call, so they fail before they
ask: get_session_data answers "no session", get_spending_policy raises. So unmodified it makes keys,
has typed data prepared, and submits raw outside executions, whose times it types as felts, where
SNIP-9 and this account have u128. With the two faults mended, by the fixture `mended`, the whole life
of a session passes; get_session_data then reads SNIP-163's struct, as the account answers it.

All its calls here are of the asynchronous kind, in one event loop each test: of the synchronous ones
the second fails, as they share an HTTP client that belongs to the first one's loop.
"""

import asyncio
import functools
import json
import os
import time
import urllib.request

import chipi_sdk.execute_paymaster
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
def mended(monkeypatch):
    """Gives starknet-py the key pairs and the calls that it wants."""

    def key_pair(encrypted, password):
        return KeyPair.from_private_key(int(decrypt_private_key(encrypted, password), 16))

    async def call_contract(self, call):
        to, selector = call["contract_address"], call["entry_point_selector"]
        return await unmended(self, StarknetCall(to, selector, call["calldata"]))

    unmended = FullNodeClient.call_contract
    monkeypatch.setattr(chipi_sdk.execute_paymaster, "decrypt_private_key", key_pair)
    monkeypatch.setattr(FullNodeClient, "call_contract", call_contract)


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


def create(sessions):
    return sessions.create_session_key(CreateSessionKeyParams(encrypt_key=ENCRYPT_KEY))


def adding(session, allowed=("transfer",)):
    config = SessionConfig(
        session_public_key=session.public_key,
        valid_until=session.valid_until,
        max_calls=MAX_CALLS,
        allowed_entrypoints=list(allowed),
    )
    return AddSessionKeyParams(encrypt_key=ENCRYPT_KEY, wallet=wallet(), session_config=config)


async def register(sessions, allowed=("transfer",)):
    session = create(sessions)
    assert_included(await sessions.aadd_session_key_to_contract(adding(session, allowed), BEARER))
    return session


async def execute(sessions, session, calls):
    params = ExecuteWithSessionParams(
        encrypt_key=ENCRYPT_KEY, wallet=wallet(), session=session, calls=calls
    )
    return await sessions.aexecute_transaction_with_session(params, BEARER)


async def read(sessions, session):
    params = GetSessionDataParams(
        wallet_address=ACCOUNT["address"], session_public_key=session.public_key
    )
    return await sessions.aget_session_data(params)


@in_one_loop
async def test_unmodified_it_makes_keys(sessions):
    session = create(sessions)
    assert session.valid_until > time.time()
    assert decrypt_private_key(session.encrypted_private_key, ENCRYPT_KEY).startswith("0x")


@in_one_loop
async def test_unmodified_its_chipi_path_fails_before_it_signs(sessions):
    with pytest.raises(Exception, match="'str' object has no attribute 'private_key'"):
        await sessions.aadd_session_key_to_contract(adding(create(sessions)), BEARER)


@in_one_loop
async def test_unmodified_it_reads_no_session(sessions):
    data = await read(sessions, create(sessions))
    assert (data.is_active, data.valid_until, data.remaining_calls) == (False, 0, 0)


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
async def test_unmodified_a_raw_session_s_execution_is_told_what_is_wrong_with_it(sessions, mended):
    session = await register(sessions)
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
async def test_mended_a_session_is_registered_and_read(sessions, mended):
    session = await register(sessions)
    data = await read(sessions, session)
    assert (data.is_active, data.valid_until) == (True, session.valid_until)
    assert data.remaining_calls == MAX_CALLS


@in_one_loop
async def test_mended_a_session_executes_and_counts(sessions, mended):
    session = await register(sessions)
    assert_included(await execute(sessions, session, [transfer(3)]))
    assert (await read(sessions, session)).remaining_calls == MAX_CALLS - 1


@in_one_loop
async def test_mended_a_call_that_is_not_whitelisted_is_refused_by_name(sessions, mended):
    session = await register(sessions, ["approve"])
    with pytest.raises(Exception, match="transfer of 0x[0-9a-f]+ is not whitelisted"):
        await execute(sessions, session, [transfer(3)])


@in_one_loop
async def test_mended_a_spending_policy_limits_and_is_read(sessions, mended):
    session = await register(sessions)
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
    assert_included(await sessions.aset_spending_policy(params, BEARER))
    assert_included(await execute(sessions, session, [transfer(9)]))
    with pytest.raises(Exception, match="Spending: over call maximum"):
        await execute(sessions, session, [transfer(11)])
    policy = await sessions.aget_spending_policy(
        GetSpendingPolicyParams(
            wallet_address=ACCOUNT["address"], session_public_key=session.public_key, token=STRK
        )
    )
    assert (policy.max_per_call, policy.max_per_window, policy.spent_in_window) == (10, 15, 9)


@in_one_loop
async def test_mended_a_revoked_session_is_over(sessions, mended):
    session = await register(sessions)
    params = RevokeSessionKeyParams(
        encrypt_key=ENCRYPT_KEY, wallet=wallet(), session_public_key=session.public_key
    )
    assert_included(await sessions.arevoke_session_key(params, BEARER))
    assert not (await read(sessions, session)).is_active
    with pytest.raises(Exception, match="Session: not found"):
        await execute(sessions, session, [transfer(1)])
