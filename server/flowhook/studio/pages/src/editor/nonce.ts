// The word with which the styles of the editor may be made: new with each page.
import { EditorView } from "@codemirror/view";

export const nonce = EditorView.cspNonce.of(document.querySelector<HTMLMetaElement>('meta[name="nonce"]')?.content ?? "");
