// Calls whoever looks elsewhere: a number in the title, and a sound that can be switched off.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Handover } from "../lib/handovers";

const SETTING = "flowhook-desk-sound";

export function Attention(props: { waiting: Handover[]; unanswered: number }): JSX.Element {
  const [sound, setSound] = useState(() => localStorage.getItem(SETTING) !== "off");
  const known = useRef<Set<string>>();
  const count = props.waiting.length + props.unanswered;
  useEffect(() => {
    document.title = `${count ? `(${count}) ` : ""}Desk – flowhook`;
  }, [count]);
  useEffect(() => {
    const ids = new Set(props.waiting.map((one) => one.id));
    const isNew = known.current && [...ids].some((id) => !known.current?.has(id));
    known.current = ids;
    if (isNew && sound) ring();
  }, [props.waiting]);
  return (
    <label>
      <input
        type="checkbox"
        checked={sound}
        onChange={(event) => {
          setSound(event.currentTarget.checked);
          localStorage.setItem(SETTING, event.currentTarget.checked ? "on" : "off");
        }}
      />{" "}
      Sound
    </label>
  );
}

/** Two short tones. A browser that was not touched yet stays silent. */
function ring(): void {
  const audio = new AudioContext();
  const gain = audio.createGain();
  gain.gain.value = 0.08;
  gain.connect(audio.destination);
  [660, 880].forEach((frequency, index) => {
    const tone = audio.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start(audio.currentTime + index * 0.15);
    tone.stop(audio.currentTime + index * 0.15 + 0.12);
  });
  setTimeout(() => void audio.close(), 1000);
}
