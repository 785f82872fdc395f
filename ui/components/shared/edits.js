// edits.js: the visitor's edits since Python's base got its version; the counterpart of ui/components/edits.py.
//
// A commit is absolute: positions of markers, the whole list of points, z. Python's message contains the base's version and
// the number of the last commit that is part of it. Commits with a larger number are not part of it yet: they stay on top
// of the new base. A new version means that the base changed without a fold: all edits made before are dropped.
// The draft is the change during a drag. No message changes it.

/** The edits that are valid after a message of Python. */
function received(edits, { version, number = 0 }) {
  const largest = Math.max(edits?.number ?? 0, number);
  if (edits?.version !== version) return { version, number: largest, commits: [], frame: null, draft: edits?.draft ?? null };
  return { ...edits, number: largest, commits: edits.commits.filter((commit) => commit.number > number) };
}

/** The edits with one more commit, which replaces the draft. A frame is valid as long as the version. */
function committed(edits, { frame = edits.frame, ...change }) {
  const number = edits.number + 1, changed = Object.keys(change).length > 0;
  const commits = changed ? [...edits.commits.flatMap((one) => remaining(one, change)), { number, ...change }] : edits.commits;
  return { ...edits, number, frame, draft: null, commits };
}

const without = (parts, others = {}) => Object.fromEntries(Object.entries(parts).filter(([name]) => !(name in others)));

/** [The commit] without what a later change replaces, [] where nothing is left: not every base folds its commits in. */
function remaining({ number, moved = {}, ...parts }, change) {
  const left = without(parts, change), markers = without(moved, change.moved);
  if (Object.keys(markers).length) left.moved = markers;
  return Object.keys(left).length ? [{ number, ...left }] : [];
}

/** All edits on top of the base, later ones replacing earlier ones. `moved` is {marker: [x, y]}. */
function overlay({ commits, draft }) {
  return [...commits, draft ?? {}].reduce((all, { moved, ...rest }) => ({ ...all, ...rest, moved: { ...all.moved, ...moved } }),
                                          { moved: {} });
}

/** The message to Python: the commits, without the draft. */
function message(edits) {
  const { number, moved, ...rest } = overlay({ ...edits, draft: null });
  const list = Object.entries(moved).map(([marker, position]) => [Number(marker), ...position]);
  return { ...rest, moved: list, frame: edits.frame, version: edits.version, number: edits.number };
}

// By component key, for the lifetime of the document: a component that is removed and added again finds its edits.
const STORED = (globalThis[Symbol.for("dgm.edits")] ??= new Map());

/** The edits of one component. */
class Edits {
  /** Process the base of a message of Python; returns whether its version is unchanged. */
  receive(key, base, send) {
    const before = (this.current ?? STORED.get(key))?.version;
    Object.assign(this, { key, send });
    this.store(received(this.current ?? STORED.get(key), base));
    return before === base.version;
  }

  store(edits) {
    this.current = edits;
    STORED.set(this.key, { ...edits, draft: null });
  }

  get overlay() { return overlay(this.current); }

  get frame() { return this.current.frame; }

  /** The change during a drag, null when there is none. */
  get draft() { return this.current.draft; }

  set draft(change) { this.current = { ...this.current, draft: change }; }

  /** A component that was removed sends nothing any more. */
  dispose() {
    this.send = () => {};
  }

  commit(change) {
    this.store(committed(this.current, change));
    this.send("edit", message(this.current));
  }
}
