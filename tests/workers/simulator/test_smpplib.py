"""The simulator and a client that others wrote: PyPI's `smpplib`."""

from collections.abc import Iterator

import pytest
import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm

from tests.workers.smsc import PASSWORD, Process, account, simulator_process


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    rules = [
        {"suffix": "13", "status": "ESME_RINVDSTADR"},
        {"suffix": "66", "state": "undelivered"},
    ]
    slow = account("slow", rate=2)
    with simulator_process(tmp_path_factory.mktemp("smpplib"), account(rules=rules), slow) as it:
        yield it


@pytest.fixture
def client(simulator: Process) -> Iterator[smpplib.client.Client]:
    client = smpplib.client.Client(
        "127.0.0.1", simulator.port, timeout=5, allow_unknown_opt_params=True
    )
    client.connect()
    yield client
    client.unbind()
    client.disconnect()


def send(client: smpplib.client.Client, number: str, text: str) -> list[int]:
    """Sequence numbers of the parts."""
    parts, encoding, message_type = smpplib.gsm.make_parts(text)
    sent = [
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
            source_addr="BLUEZONE",
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
            destination_addr=number,
            short_message=part,
            data_coding=encoding,
            esm_class=message_type,
            registered_delivery=True,
        )
        for part in parts
    ]
    return [pdu.sequence for pdu in sent]


def read(client: smpplib.client.Client, answers: int, receipts: int) -> tuple[dict, list]:
    """(status and id by sequence number, receipts) as they come, receipts acknowledged."""
    answered, received = {}, []

    def keep(pdu) -> None:
        received.append(pdu)

    client.set_message_received_handler(keep)
    client.set_message_sent_handler(lambda pdu: None)
    while len(answered) < answers or len(received) < receipts:
        pdu = client.read_pdu()
        if pdu.command == "submit_sm_resp":
            answered[pdu.sequence] = (pdu.status, pdu.message_id)
        else:
            assert pdu.command == "deliver_sm"
            client._message_received(pdu)
    return answered, received


def test_a_text_in_parts_is_taken_receipted_and_read_back(client, simulator: Process) -> None:
    client.bind_transceiver(system_id="vnpt", password=PASSWORD)
    text = "Kính gửi bà con xã Long Thuận: mời cài đặt ứng dụng Bluezone. " * 4
    sequences = send(client, "84900000001", text)
    answered, receipts = read(client, len(sequences), len(sequences))
    ids = {message_id.decode() for status, message_id in answered.values() if status == 0}
    assert len(ids) == len(sequences) == 4
    assert {pdu.receipted_message_id.rstrip(b"\0").decode() for pdu in receipts} == ids
    assert all(b"stat:DELIVRD" in pdu.short_message for pdu in receipts)
    (message,) = simulator.ask("GET", "/messages?number=84900000001")
    assert (message["text"], message["parts"]) == (text, 4)


def test_refusals_and_failures_are_told(client, simulator: Process) -> None:
    client.bind_transceiver(system_id="vnpt", password=PASSWORD)
    (refused,), (failed,) = send(client, "84900000013", "x"), send(client, "84900000066", "x")
    answered, receipts = read(client, 2, 1)
    assert answered[refused][0] == smpplib.consts.SMPP_ESME_RINVDSTADR
    assert answered[failed][0] == 0
    assert b"stat:UNDELIV err:001" in receipts[0].short_message


def test_over_the_contract_it_throttles(client) -> None:
    client.bind_transceiver(system_id="slow", password=PASSWORD)
    for _ in range(4):
        send(client, "84900000002", "x")
    answered, _ = read(client, 4, 2)
    statuses = sorted(status for status, _ in answered.values())
    assert statuses == [0, 0] + [smpplib.consts.SMPP_ESME_RTHROTTLED] * 2


@pytest.mark.parametrize(("system_id", "password"), [("vnpt", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_log_in_is_refused(simulator: Process, system_id: str, password: str) -> None:
    client = smpplib.client.Client("127.0.0.1", simulator.port, allow_unknown_opt_params=True)
    client.connect()
    with pytest.raises(smpplib.exceptions.PDUError):
        client.bind_transceiver(system_id=system_id, password=password)
    client.disconnect()


def test_binds_that_only_send_or_only_receive_do_so(simulator: Process) -> None:
    clients = [
        smpplib.client.Client("127.0.0.1", simulator.port, timeout=5, allow_unknown_opt_params=True)
        for _ in range(2)
    ]
    sender, receiver = clients
    for client in clients:
        client.connect()
    sender.bind_transmitter(system_id="vnpt", password=PASSWORD)
    receiver.bind_receiver(system_id="vnpt", password=PASSWORD)
    send(sender, "84900000003", "x")
    assert read(sender, 1, 0)[0].popitem()[1][0] == 0
    assert len(read(receiver, 0, 1)[1]) == 1
    for client in clients:
        client.unbind()
        client.disconnect()
