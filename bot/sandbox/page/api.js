// Talks to the workspace: readings, acts, and the stream of changes.

async function answer(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error || `The sandbox answered ${response.status}.`);
  return body;
}

export const read = (path, query = {}) => fetch(`${path}?${new URLSearchParams(query)}`).then(answer);

export const send = (path, body, method = "POST") =>
  fetch(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).then(answer);

export const act = (name, what) => send("/sandbox/act", { act: name, ...what });

// Calls `changed(change)` for every change, and `lost(true|false)` when the sandbox goes away or comes back.
export function follow(changed, lost) {
  const stream = new EventSource("/sandbox/stream");
  stream.onopen = () => lost(false);
  stream.onerror = () => lost(true);
  stream.onmessage = (event) => changed(JSON.parse(event.data));
}
