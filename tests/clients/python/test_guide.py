import asyncio
import json
import os
import time

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


class SessionSigner(StarkCurveSigner):
    """Signs as SNIP-163 has it: [session_key, r, s, valid_until]."""

    def __init__(self, key_pair, valid_until):
        super().__init__(ADDRESS, key_pair, CHAIN)
        self.valid_until = valid_until

    def sign_transaction(self, transaction):
        return [self.public_key, *super().sign_transaction(transaction), self.valid_until]


async def session_pays():
    client = FullNodeClient(node_url=SANDBOX["rpc_url"])

    async def included(sent):
        receipt = await client.wait_for_tx(sent.transaction_hash, check_interval=0.1)
        assert receipt.execution_status.value == "SUCCEEDED"

    # The owner registers a session for transfers, an hour long.
    key = KeyPair.generate()
    valid_until = int(time.time()) + 3600
    owner = Account(client=client, address=ADDRESS, key_pair=OWNER, chain=CHAIN)
    add_session = Call(
        to_addr=ADDRESS,
        selector=get_selector_from_name("add_session"),
        calldata=[key.public_key, valid_until, 10, 1, TRANSFER],
    )
    await included(await owner.execute_v3(calls=add_session, auto_estimate=True))

    # The app pays with the session's key alone.
    signer = SessionSigner(key, valid_until)
    session = Account(client=client, address=ADDRESS, signer=signer)
    payment = Call(to_addr=STRK, selector=TRANSFER, calldata=[0x1234, 7, 0])
    await included(await session.execute_v3(calls=payment, auto_estimate=True))


def test_a_session_pays():
    asyncio.run(session_pays())
