"""starknet-py 0.29 computes and declares the committed class, from both files as they are."""

import asyncio
import json
import os
import pathlib
import subprocess
import urllib.request

import pytest
from starknet_py.common import create_casm_class, create_sierra_compiled_contract
from starknet_py.contract import Contract
from starknet_py.hash.casm_class_hash import compute_casm_class_hash
from starknet_py.hash.sierra_class_hash import compute_sierra_class_hash
from starknet_py.net.account.account import Account
from starknet_py.net.client_errors import ClientError
from starknet_py.net.full_node_client import FullNodeClient
from starknet_py.net.signer.key_pair import KeyPair


def read(name):
    return pathlib.Path(os.environ["ARTIFACTS"], f"{name}.json").read_text(encoding="utf-8")


MANIFEST = json.loads(read("manifest"))
CLASS_HASH = int(MANIFEST["class_hash"], 16)
COMPILED_CLASS_HASH = int(MANIFEST["compiled_class_hash"], 16)
CLASS = read("SessionAccount.contract_class")
CASM = read("SessionAccount.compiled_contract_class")


def class_hash(text):
    return compute_sierra_class_hash(create_sierra_compiled_contract(text))


@pytest.fixture
def node_url():
    """Starts a devnet that does not have the class yet. It ends with the test."""
    with subprocess.Popen(os.environ["DEVNET"], stdout=subprocess.PIPE, text=True) as devnet:
        try:
            yield devnet.stdout.readline().strip()
        finally:
            devnet.terminate()


def predeployed_account(node_url):
    body = {"jsonrpc": "2.0", "id": 1, "method": "devnet_getPredeployedAccounts", "params": {}}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(node_url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["result"][0]


def test_the_class_hash_is_the_manifests():
    assert class_hash(CLASS) == CLASS_HASH


def test_the_compiled_class_hash_is_the_manifests():
    # starknet-py hashes with BLAKE2s by default, as Starknet 0.14.1 and later require.
    assert compute_casm_class_hash(create_casm_class(CASM)) == COMPILED_CLASS_HASH


def test_the_order_of_the_abis_keys_is_part_of_the_class_hash():
    # Without this check the first test would also pass for a file that a gateway declares under another hash.
    assert class_hash(json.dumps(json.loads(CLASS), sort_keys=True)) != CLASS_HASH


def test_declare_puts_the_class_under_the_manifests_hash(node_url):
    asyncio.run(declare(node_url))


async def declare(node_url):
    client = FullNodeClient(node_url=node_url)
    with pytest.raises(ClientError, match="Class hash not found"):
        await client.get_class_by_hash(CLASS_HASH)

    payer = predeployed_account(node_url)
    account = Account(
        client=client,
        address=payer["address"],
        key_pair=KeyPair.from_private_key(payer["private_key"]),
        chain=await client.get_chain_id(),
    )
    sent = await Contract.declare_v3(
        account, CLASS, compiled_contract_casm=CASM, auto_estimate=True
    )
    receipt = await client.wait_for_tx(sent.hash, check_interval=0.1)
    assert receipt.execution_status.value == "SUCCEEDED"
    assert sent.class_hash == CLASS_HASH

    found = await client.get_class_by_hash(CLASS_HASH)
    committed = json.loads(CLASS)
    assert found.sierra_program == [int(felt, 16) for felt in committed["sierra_program"]]
    assert json.loads(found.abi) == committed["abi"]
