// A new text for a file: what would differ, then saved.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, may, Refused } from "../lib/api";
import { tryFiles, writeFiles, type FileList, type FileText, type Trial } from "../lib/files";
import { SaveDialog } from "./save_dialog";

const editable = signal<boolean | undefined>(undefined);
let asked = false;

/** Whether this person may save files here; asked once, however many ask. */
export function useEditable(): boolean {
  useEffect(() => {
    if (asked || !may("author")) return;
    asked = true;
    get<FileList>("/files").then((list) => (editable.value = list.editable), () => (asked = false));
  }, []);
  return may("author") && editable.value === true;
}

export interface FileTrial {
  /** Show what a text would change. */
  look: (file: FileText) => Promise<void>;
  error: Refused | undefined;
  dialog: JSX.Element | false;
}

export function useFileTrial(onSaved: (path: string) => void): FileTrial {
  const [state, setState] = useState<{ file: FileText; trial: Trial }>();
  const [error, setError] = useState<Refused>();
  const look = async (file: FileText): Promise<void> => {
    setError(undefined);
    await tryFiles([file]).then((trial) => setState({ file, trial }), setError);
  };
  const save = (file: FileText): void => {
    setState(undefined);
    writeFiles([file]).then(() => onSaved(file.path), setError);
  };
  const dialog = state !== undefined && <SaveDialog trial={state.trial} onSave={() => save(state.file)} onClose={() => setState(undefined)} />;
  return { look, error, dialog };
}
