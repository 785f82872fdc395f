// edits.js: what the visitor edited since Python's base got its version; the counterpart of ui/components/edits.py.
//
// A commit is an absolute statement: places of markers, the whole list of points, z. Python's message says the base's
// version and the number of the last commit that is part of it. Commits with a larger number are still on their way:
// they stay on top of the new base. A new version is another base, made without us: what was edited before is void.
// The draft is the change under the pointer. No message moves it.

/** The edits that hold once Python's message has arrived. */
function received(edits, { version, number = 0 }) {
  const largest = Math.max(edits?.number ?? 0, number);
  if (edits?.version !== version) return { version, number: largest, commits: [], frame: null, draft: edits?.draft ?? null };
  return { ...edits, number: largest, commits: edits.commits.filter((commit) => commit.number > number) };
}

/** With one more commit, which ends the draft. A frame holds as long as the version does. */
function committed(edits, { frame = edits.frame, ...change }) {
  const number = edits.number + 1, changed = Object.keys(change).length > 0;
  return { ...edits, number, frame, draft: null, commits: changed ? [...edits.commits, { number, ...change }] : edits.commits };
}

/** Everything that lies on top of the base; the last word on each thing counts. `moved` is {marker: [x, y]}. */
function onTop({ commits, draft }) {
  return [...commits, draft ?? {}].reduce((all, { moved, ...rest }) => ({ ...all, ...rest, moved: { ...all.moved, ...moved } }),
                                          { moved: {} });
}

/** What Python is sent: the commits, without the draft. */
function message(edits) {
  const { number, moved, ...rest } = onTop({ ...edits, draft: null });
  const list = Object.entries(moved).map(([marker, place]) => [Number(marker), ...place]);
  return { ...rest, moved: list, frame: edits.frame, version: edits.version, number: edits.number };
}

// By component key, as long as this document lives: a component that is taken down and put up again finds its edits.
const MEMORY = (globalThis[Symbol.for("dgm.edits")] ??= new Map());

/** The edits of one component. */
class Edits {
  /** A message of Python's; returns whether the edits so far hold. */
  receive(key, base, send) {
    const before = (this.now ?? MEMORY.get(key))?.version;
    Object.assign(this, { key, send });
    this.keep(received(this.now ?? MEMORY.get(key), base));
    return before === base.version;
  }

  keep(edits) {
    this.now = edits;
    MEMORY.set(this.key, { ...edits, draft: null });
  }

  get top() { return onTop(this.now); }

  get frame() { return this.now.frame; }

  draft(change) { this.now = { ...this.now, draft: change }; }

  commit(change) {
    this.keep(committed(this.now, change));
    this.send("edit", message(this.now));
  }
}
