import asyncio
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

# What `serve` wrote.
with open(os.environ.get("SANDBOX", "sandbox.json"), encoding="utf-8") as file:
    SANDBOX = json.load(file)

CHAIN = int(SANDBOX["chain_id"], 16)
ADDRESS = int(SANDBOX["accounts"][0]["address"], 16)
OWNER = KeyPair.from_private_key(SANDBOX["accounts"][0]["private_key"])
STRK = int(SANDBOX["tokens"]["STRK"], 16)
TRANSFER = get_selector_from_name("transfer")
MERCHANT = 0x1234


class SessionSigner(StarkCurveSigner):
    """Signs as SNIP-163 has it: [session_key, r, s, valid_until]."""

    def __init__(self, key_pair, valid_until):
        super().__init__(ADDRESS, key_pair, CHAIN)
        self.valid_until = valid_until

    def sign_transaction(self, transaction):
        return [self.public_key, *super().sign_transaction(transaction), self.valid_until]


async def session_pays_one_merchant_and_logs_itself_out():
    client = FullNodeClient(node_url=SANDBOX["rpc_url"])
    owner = Account(client=client, address=ADDRESS, key_pair=OWNER, chain=CHAIN)
    functions = (await Contract.from_address(ADDRESS, owner)).functions

    async def included(sent):
        receipt = await client.wait_for_tx(sent.transaction_hash, check_interval=0.1)
        assert receipt.execution_status.value == "SUCCEEDED"

    # The owner lets a session transfer STRK to the merchant and to nobody else, 10 times within an
    # hour, for up to 1 STRK of fees each time. The recipient is the first felt of transfer's calldata:
    # place 0.
    key = KeyPair.generate()
    valid_until = int(time.time()) + 3600
    to_merchant = {"to": STRK, "selector": TRANSFER, "argument": {"index": 0, "value": MERCHANT}}
    register = [
        functions["set_session_fee_limit"].prepare_invoke_v3(key.public_key, 10**18),
        functions["add_session_for_calls"].prepare_invoke_v3(
            key.public_key, valid_until, 10, [to_merchant]
        ),
    ]
    await included(await owner.execute_v3(calls=register, auto_estimate=True))

    # The app pays with the session's key alone.
    session = Account(client=client, address=ADDRESS, signer=SessionSigner(key, valid_until))

    async def pay(recipient):
        payment = Call(to_addr=STRK, selector=TRANSFER, calldata=[recipient, 7, 0])
        return await session.execute_v3(calls=payment, auto_estimate=True)

    await included(await pay(MERCHANT))
    with pytest.raises(Exception, match="place 0 of its calldata must be 0x1234, found is 0x5678"):
        await pay(0x5678)

    # Logout: the session ends itself, without the owner's key.
    end = functions["revoke_session"].prepare_invoke_v3(key.public_key)
    await included(await session.execute_v3(calls=end, auto_estimate=True))
    with pytest.raises(Exception, match="Session: not found"):
        await pay(MERCHANT)


def test_a_session_pays_one_merchant_and_logs_itself_out():
    asyncio.run(session_pays_one_merchant_and_logs_itself_out())
