// The stand-alone page: finds its data in the document and lets the explorer draw.

import { createFiles, createModel } from './model/host.js';
import { render } from './view/explorer.js';

async function start(el) {
  const index = JSON.parse(document.getElementById('gtan-index').textContent);
  const shared = {};
  for (const entry of [...index.entries, index.trace]) if (entry) shared[entry.data] = entry.shared;
  const file = createFiles((n) => document.getElementById(`gtan-data-${n}`).textContent, shared);
  const asTrait = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bytesOf = async (entry) => asTrait(await file(entry.data));

  const first = index.entries[0];
  const [explanation, trace] = await Promise.all([
    bytesOf(first),
    index.trace ? bytesOf(index.trace) : new DataView(new ArrayBuffer(0)),
  ]);
  const model = createModel({
    host: 'page',
    run: index.run,
    catalogue: index.catalogue,
    request: { recording: first.recording, step: first.step },
    explanation,
    trace,
  });
  model.on('change:request', async () => {
    const { recording, step } = model.get('request') ?? {};
    const entry = index.entries.find((e) => e.recording === recording && e.step === step);
    try {
      if (!entry) throw new Error('This page does not hold it.');
      model.set('explanation', await bytesOf(entry));
    } catch (error) {
      model.set('problem', null); // so that the same words are told twice
      model.set('problem', error.message);
    }
  });
  await render({ model, el });
}

const el = document.getElementById('gtan-explorer');
start(el).catch((error) => {
  const text = document.createElement('p');
  text.setAttribute('role', 'alert');
  text.textContent = `The explorer could not start: ${error.message}`;
  el.append(text);
  console.error(error);
});
