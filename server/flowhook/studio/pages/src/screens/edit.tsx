// Edit a flow or a test: problems while you write, the difference before you save, and nothing lost when somebody was faster.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { may, Refused } from "../lib/api";
import { ask, merged, readFile, tryFiles, writeFiles, type Draft, type FileList, type FileText, type Merging, type TextEdit, type Trial } from "../lib/files";
import { useLoad } from "../lib/load";
import { href, route } from "../lib/route";
import { AskDialog } from "../parts/ask_dialog";
import { Command, Heading, Problem } from "../parts/basics";
import { lazy } from "../parts/lazy";
import { SaveDialog } from "../parts/save_dialog";

const CodeEditor = lazy(() => import("../editor/code_editor").then((module) => module.CodeEditor));
const Conflict = lazy(() => import("../editor/conflict").then((module) => module.Conflict));

export function Edit(): JSX.Element {
  const path = route.value.parts[1];
  const { value: list, error, again } = useLoad<FileList>("/files");
  const [asks, setAsks] = useState(false);
  const begin = (name: string): void => {
    setAsks(false);
    location.hash = href(["edit", `${list?.folder}/${name.replace(/\.yaml$/, "")}.yaml`]);
  };
  return (
    <>
      <Heading actions={list?.editable && may("author") && <button type="button" onClick={() => setAsks(true)}>New flow …</button>}>{path ?? "Edit"}</Heading>
      <Problem error={error} />
      {list && !list.editable && <p class="warning">Pages may not edit here: <code>studio.edit</code> in config.yaml, or <code>flowhook serve --reload</code>.</p>}
      <div class="editing">
        <nav aria-label="Files">
          <ul>
            {list?.files.map((file) => (
              <li key={file.path}><a href={href(["edit", file.path])} {...(file.path === path ? { "aria-current": "page" as const } : {})}>{file.path}</a></li>
            ))}
          </ul>
        </nav>
        {path && list && <FileEditor key={path} path={path} isNew={path.startsWith(`${list.folder}/`) && !list.files.some((file) => file.path === path)} editable={list.editable && may("author")} onSaved={again} />}
        {!path && list && <p class="faint">Choose a file{list.editable ? ", or begin a new flow. What you save is in force at once" : ""}.</p>}
      </div>
      {asks && <AskDialog title="New flow" label="Its name" verb="Begin it" onDone={begin} onClose={() => setAsks(false)} />}
    </>
  );
}

/** What a new flow begins with: enough to be talked to. */
const beginning = (path: string): string => `flow: ${/([^/]*)\.yaml$/.exec(path)?.[1] ?? ""}
description: What it is for.
nodes:
  - say: "Hello!"
  - id: wish
    ask: {text: "What can I do for you?", type: text, store: context.wish}
  - say: "I have noted: {{ context.wish }}"
`;

const asDraft = (file: FileText): Draft => ({ ...file, base: file.text });

interface Renaming {
  at: { line: number; column: number };
  word: string;
}

function FileEditor(props: { path: string; isNew: boolean; editable: boolean; onSaved: () => void }): JSX.Element {
  const { path } = props;
  const [saved, setSaved] = useState<Draft>();
  const [text, setText] = useState("");
  const [version, setVersion] = useState(0);
  const [others, setOthers] = useState<Draft[]>([]);
  const [error, setError] = useState<Refused>();
  const [trial, setTrial] = useState<Trial>();
  const [mergings, setMergings] = useState<Merging[]>([]);
  const [renaming, setRenaming] = useState<Renaming>();
  const [said, setSaid] = useState("");
  const draft = useRef(text);
  draft.current = text;
  useEffect(() => {
    if (props.isNew && props.editable && !path.endsWith(".test.yaml")) {
      setSaved({ path, text: "", base: "", sha256: null });
      replace(beginning(path));
      return;
    }
    readFile(path).then((found) => {
      setSaved(asDraft(found));
      replace(found.text);
    }, setError);
  }, [path]);
  const replace = (next: string) => {
    setText(next);
    setVersion((before) => before + 1);
  };
  const changed = saved !== undefined && text !== saved.base;
  useEffect(() => {
    if (!changed) return;
    const hold = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", hold);
    return () => removeEventListener("beforeunload", hold);
  }, [changed]);
  if (!saved) return <Problem error={error} />;
  const drafts = (): Draft[] => [{ ...saved, text: draft.current }, ...others];

  async function look(): Promise<void> {
    setError(undefined);
    await tryFiles(drafts()).then(setTrial, setError);
  }

  async function save(): Promise<void> {
    setTrial(undefined);
    const sent = drafts();
    try {
      const { files: digests } = await writeFiles(sent);
      const now = sent[0]?.text ?? "";
      setSaved({ path, text: now, base: now, sha256: digests[path] ?? null });
      setOthers([]);
      setSaid(`Saved and in force at ${new Date().toTimeString().slice(0, 5)}.`);
      props.onSaved();
    } catch (refused) {
      setError(refused as Refused);
      if (refused instanceof Refused && refused.code === "file_changed") await merge(sent).catch(setError);
    }
  }

  /** What others made of the files meanwhile, merged with what is here: nothing is overwritten, nothing lost. */
  async function merge(sent: Draft[]): Promise<void> {
    const found = await Promise.all(sent.map(merged));
    setMergings(found.filter((one, index) => one.sha256 !== sent[index]?.sha256));
  }

  function settle(merging: Merging, chosen: string): void {
    const next: Draft = { path: merging.path, text: chosen, base: merging.theirs, sha256: merging.sha256 };
    if (merging.path === path) {
      setSaved(next);
      replace(chosen);
    } else setOthers(others.map((one) => (one.path === merging.path ? next : one)));
    setMergings(mergings.filter((one) => one !== merging));
    setError(undefined);
    setSaid("");
  }

  async function rename({ at }: Renaming, name: string): Promise<void> {
    setRenaming(undefined);
    try {
      const { edits } = await ask<{ edits: Record<string, TextEdit[]> }>("rename", path, draft.current, at, name);
      const { edited } = await import("../editor/places");
      const more: Draft[] = [];
      for (const [other, found] of Object.entries(edits)) {
        if (other === path) replace(edited(draft.current, found));
        else {
          const file = others.find((one) => one.path === other) ?? asDraft(await readFile(other));
          more.push({ ...file, text: edited(file.text, found) });
        }
      }
      setOthers([...others.filter((one) => !more.some((file) => file.path === one.path)), ...more]);
      setSaid(more.length > 0 ? `Renamed here and in ${more.map((file) => file.path).join(", ")}; saved together.` : "Renamed.");
    } catch (refused) {
      setError(refused as Refused);
    }
  }

  const merging = mergings[0];
  if (merging) return <Conflict key={merging.path} merging={merging} onDone={(chosen) => settle(merging, chosen)} onTheirs={() => settle(merging, merging.theirs)} />;
  return (
    <section aria-label="Editor">
      <p class="actions">
        <button type="button" class="primary" disabled={!changed || !props.editable} onClick={() => void look()}>Save …</button>
        <button type="button" disabled={!changed} onClick={() => { replace(saved.base); setOthers([]); }}>Undo all</button>
        <span role="status">{changed ? `Not saved.${others.length > 0 ? ` ${said}` : ""}` : said}</span>
        {!changed && <Next path={path} text={text} />}
      </p>
      <Problem error={error} />
      <CodeEditor
        path={path}
        text={text}
        version={version}
        editable={props.editable}
        line={Number(route.value.query.get("line") ?? 0) || undefined}
        onChange={setText}
        onSave={() => void look()}
        onRename={(at, word) => setRenaming({ at, word })}
      />
      <p class="faint">Ctrl+Space completes, F2 renames, Ctrl+S saves, Ctrl+F finds. Escape, then Tab leaves the editor.</p>
      {trial && <SaveDialog trial={trial} onSave={() => void save()} onClose={() => setTrial(undefined)} />}
      {renaming && (
        <AskDialog
          title={`Rename ${renaming.word}`}
          label="New name"
          value={renaming.word}
          verb="Rename"
          onDone={(name) => (name === renaming.word ? setRenaming(undefined) : void rename(renaming, name))}
          onClose={() => setRenaming(undefined)}
        />
      )}
      <Command words={["check"]} />
    </section>
  );
}

/** Where one goes on from a file that is saved. */
function Next(props: { path: string; text: string }): JSX.Element | null {
  if (props.path.endsWith(".test.yaml")) return may("author") ? <a href={href(["tests"])}>Run the tests</a> : null;
  const flow = /^flow:\s*["']?([^\s"'#]+)/m.exec(props.text)?.[1];
  return flow && may("author", "operator") ? <a href={href(["chat"], { with: `flow:${flow}` })}>Try it in the chat</a> : null;
}
