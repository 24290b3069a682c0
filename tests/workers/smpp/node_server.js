// An SMSC on the npm package `smpp`, for the test of our client. Prints one JSON object a line.
// A submit to a number ending 13 is refused, one ending 77 never answered; each other gets an id,
// counted in hexadecimal, and then a receipt whose message_id is decimal.
const smpp = require('smpp');

let next = 4096;
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');

function receipt(session, pdu, id) {
  session.deliver_sm({
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:2008201500 done date:2008201501 ` +
      'stat:DELIVRD err:000 text:',
  }, (answer) => say({acknowledged: id, status: answer.command_status}));
}

function submit(session, pdu) {
  if (pdu.destination_addr.endsWith('77')) return;
  if (pdu.destination_addr.endsWith('13')) {
    session.send(pdu.response({command_status: smpp.ESME_RINVDSTADR}));
    return;
  }
  const id = next++;
  const message = pdu.short_message || {};
  const text = message.message || pdu.message_payload.message;
  say({
    id, text, source: pdu.source_addr, source_ton: pdu.source_addr_ton,
    destination: pdu.destination_addr, data_coding: pdu.data_coding,
    esm_class: pdu.esm_class, validity: String(pdu.validity_period),
    udh: message.udh ? message.udh.map((element) => element.toString('hex')) : null,
  });
  session.send(pdu.response({message_id: id.toString(16)}));
  receipt(session, pdu, id);
}

const server = smpp.createServer((session) => {
  session.on('error', (error) => say({error: String(error)}));
  session.on('bind_transceiver', (pdu) => {
    const wrong = pdu.password !== 'wordpass';
    session.send(pdu.response(wrong ? {command_status: smpp.ESME_RINVPASWD} : {}));
    if (wrong) session.close();
  });
  session.on('enquire_link', (pdu) => { say({enquired: true}); session.send(pdu.response()); });
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
});
server.listen(0, '127.0.0.1', () => say({port: server.address().port}));
