// What the language service knows, for CodeMirror: completion, problems with their fixes, what a word means.
import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { linter, type Diagnostic } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";
import { Decoration, EditorView, hoverTooltip, MatchDecorator, ViewPlugin, type DecorationSet, type Tooltip, type ViewUpdate } from "@codemirror/view";
import { ask, type Completion, type Fix, type Problem } from "../lib/files";
import type { Range } from "../lib/flows";
import { changesOf, offsetOf, placeOf, span } from "./places";

const LINT_MS = 500;

export function languageOf(path: string): Extension[] {
  return [
    autocompletion({ override: [(context) => complete(path, context)], activateOnTyping: true }),
    linter((view) => diagnose(path, view), { delay: LINT_MS }),
    hoverTooltip((view, offset) => hover(path, view, offset)),
    templates,
  ];
}

async function complete(path: string, context: CompletionContext): Promise<CompletionResult | null> {
  const before = context.matchBefore(/[\w.$-]+/);
  if (!before && !context.explicit && !context.matchBefore(/[:{|,[-] ?/)) return null;
  const { doc } = context.state;
  const { items } = await ask<{ items: Completion[] }>("complete", path, context.state.sliceDoc(), placeOf(doc, context.pos));
  const first = items[0];
  if (context.aborted || !first) return null;
  const { from } = span(doc, first.range);
  return {
    from,
    options: items.map((item) => ({
      label: item.label,
      detail: item.detail,
      ...(item.documentation ? { info: item.documentation } : {}),
      apply: (view: EditorView) => {
        const whole = span(view.state.doc, item.range);
        view.dispatch({ changes: { from: whole.from, to: Math.max(whole.to, context.pos), insert: item.text }, selection: { anchor: whole.from + item.text.length } });
      },
    })),
  };
}

async function diagnose(path: string, view: EditorView): Promise<Diagnostic[]> {
  const text = view.state.sliceDoc();
  const { problems } = await ask<{ problems: Record<string, Problem[]> }>("diagnose", path, text);
  const found = problems[path] ?? [];
  const fixes = found.length > 0 ? (await ask<{ fixes: Fix[] }>("fixes", path, text)).fixes : [];
  const { doc } = view.state;
  return found.map((problem) => {
    const from = offsetOf(doc, problem.line, problem.column);
    return {
      from,
      to: Math.min(doc.length, Math.max(from, offsetOf(doc, problem.line, problem.column + problem.length))),
      severity: problem.severity,
      source: problem.code,
      message: problem.message,
      actions: fixes
        .filter((fix) => fix.problem.code === problem.code && fix.problem.line === problem.line && fix.problem.column === problem.column)
        .map((fix) => ({
          name: fix.title,
          apply: (editor: EditorView) => {
            if (editor.state.sliceDoc() === text) editor.dispatch({ changes: changesOf(editor.state.doc, fix.edits) });
          },
        })),
    };
  });
}

async function hover(path: string, view: EditorView, offset: number): Promise<Tooltip | null> {
  const { doc } = view.state;
  const { hover: found } = await ask<{ hover: { text: string; range: Range } | null }>("hover", path, view.state.sliceDoc(), placeOf(doc, offset));
  if (!found) return null;
  const { from, to } = span(doc, found.range);
  return {
    pos: from,
    end: to,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "hover";
      dom.textContent = found.text;
      return { dom };
    },
  };
}

// Templates stand out, without the weight of a second language.
const matcher = new MatchDecorator({ regexp: /\{\{.*?\}\}/g, decoration: Decoration.mark({ class: "template" }) });
const templates = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = matcher.createDeco(view);
    }
    update(update: ViewUpdate): void {
      this.decorations = matcher.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
