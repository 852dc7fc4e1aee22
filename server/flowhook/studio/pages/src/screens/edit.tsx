// Edit a flow or a test: problems while you write, the difference before you save, and nothing lost when somebody was faster.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { may, Refused } from "../lib/api";
import { ask, readFile, tryFiles, writeFiles, type FileList, type FileText, type TextEdit, type Trial } from "../lib/files";
import { useLoad } from "../lib/load";
import { href, route } from "../lib/route";
import { Command, Heading, Problem } from "../parts/basics";
import { lazy } from "../parts/lazy";
import { SaveDialog } from "../parts/save_dialog";

const CodeEditor = lazy(() => import("../editor/code_editor").then((module) => module.CodeEditor));
const Merge = lazy(() => import("../editor/merge").then((module) => module.Merge));

export function Edit(): JSX.Element {
  const path = route.value.parts[1];
  const { value: list, error, again } = useLoad<FileList>("/files");
  return (
    <>
      <Heading>{path ?? "Edit"}</Heading>
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
        {path && list && <FileEditor key={path} path={path} editable={list.editable && may("author")} onSaved={again} />}
      </div>
    </>
  );
}

function FileEditor(props: { path: string; editable: boolean; onSaved: () => void }): JSX.Element {
  const { path } = props;
  const [saved, setSaved] = useState<FileText>();
  const [text, setText] = useState("");
  const [version, setVersion] = useState(0);
  const [others, setOthers] = useState<FileText[]>([]);
  const [error, setError] = useState<Refused>();
  const [trial, setTrial] = useState<Trial>();
  const [theirs, setTheirs] = useState<FileText>();
  const [said, setSaid] = useState("");
  const draft = useRef(text);
  draft.current = text;
  useEffect(() => {
    readFile(path).then((found) => {
      setSaved(found);
      replace(found.text);
    }, setError);
  }, [path]);
  const replace = (next: string) => {
    setText(next);
    setVersion((before) => before + 1);
  };
  const changed = saved !== undefined && text !== saved.text;
  useEffect(() => {
    if (!changed) return;
    const hold = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", hold);
    return () => removeEventListener("beforeunload", hold);
  }, [changed]);
  if (!saved) return <Problem error={error} />;
  const files = (): FileText[] => [{ ...saved, text: draft.current }, ...others];

  async function look(): Promise<void> {
    setError(undefined);
    await tryFiles(files()).then(setTrial, setError);
  }

  async function save(): Promise<void> {
    setTrial(undefined);
    const sent = files();
    try {
      const { files: digests } = await writeFiles(sent);
      setSaved({ path, text: sent[0]?.text ?? "", sha256: digests[path] ?? null });
      setOthers([]);
      setSaid(`Saved and in force at ${new Date().toTimeString().slice(0, 5)}.`);
      props.onSaved();
    } catch (refused) {
      if (refused instanceof Refused && refused.code === "file_changed") setTheirs(await readFile(path));
      setError(refused as Refused);
    }
  }

  async function rename(at: { line: number; column: number }, word: string): Promise<void> {
    const name = prompt(`Rename ${word} to`, word);
    if (!name || name === word) return;
    try {
      const { edits } = await ask<{ edits: Record<string, TextEdit[]> }>("rename", path, draft.current, at, name);
      const { changesOf } = await import("../editor/places");
      const { Text } = await import("@codemirror/state");
      const edited = (before: string, found: TextEdit[]) => {
        const changes = changesOf(Text.of(before.split("\n")), found).sort((a, b) => b.from - a.from);
        return changes.reduce((now, { from, to, insert }) => now.slice(0, from) + insert + now.slice(to), before);
      };
      const more: FileText[] = [];
      for (const [other, found] of Object.entries(edits)) {
        if (other === path) replace(edited(draft.current, found));
        else {
          const file = others.find((one) => one.path === other) ?? (await readFile(other));
          more.push({ ...file, text: edited(file.text, found) });
        }
      }
      setOthers([...others.filter((one) => !more.some((file) => file.path === one.path)), ...more]);
      setSaid(more.length > 0 ? `Renamed here and in ${more.map((file) => file.path).join(", ")}; saved together.` : "Renamed.");
    } catch (refused) {
      setError(refused as Refused);
    }
  }

  if (theirs) {
    return (
      <section aria-label="Conflict">
        <p class="warning">{path} was changed meanwhile. Left it is as saved, right as you have it: take over what is missing, then go on.</p>
        <Merge theirs={theirs.text} mine={text} onChange={setText} />
        <p class="actions">
          <button type="button" class="primary" onClick={() => { setSaved(theirs); setTheirs(undefined); setError(undefined); }}>Go on with the right side</button>
          <button type="button" onClick={() => { setSaved(theirs); replace(theirs.text); setTheirs(undefined); setError(undefined); }}>Take theirs, drop mine</button>
        </p>
      </section>
    );
  }
  return (
    <section aria-label="Editor">
      <p class="actions">
        <button type="button" class="primary" disabled={!changed || !props.editable} onClick={() => void look()}>Save …</button>
        <button type="button" disabled={!changed} onClick={() => { replace(saved.text); setOthers([]); }}>Undo all</button>
        <span role="status">{changed ? "Not saved." : said}</span>
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
        onRename={(at, word) => void rename(at, word)}
      />
      <p class="faint">Ctrl+Space completes, F2 renames, Ctrl+S saves, Ctrl+F finds. Escape, then Tab leaves the editor.</p>
      {trial && <SaveDialog trial={trial} onSave={() => void save()} onClose={() => setTrial(undefined)} />}
      <Command words={["check"]} />
    </section>
  );
}
