import { useEffect, useRef, useState, type FormEvent } from "react";

import { useToast } from "@/components/shell/Toast";
import { useAddHabit } from "@/hooks/useAddHabit";
import { useTask } from "@/hooks/useTask";
import type { Habit } from "@/lib/types";
import { texts } from "@/texts/en/today";

import { Failure } from "../shared/Failure";
import styles from "./NewHabitForm.module.css";

interface NewHabitFormProps {
    /** Whether the person has asked for it, and wants to type. */
    focus: boolean;
    /** The habits that are there already. */
    others: Habit[];
    onClose: () => void;
}

/** A habit by its name alone; it stays open for the next one. */
export default function NewHabitForm({ focus, others, onClose }: NewHabitFormProps) {
    const add = useAddHabit(others);
    const [name, setName] = useState("");
    const { busy, failure, run } = useTask();
    const tell = useToast();
    const input = useRef<HTMLInputElement>(null);

    useEffect(() => {
        if (focus) input.current?.focus();
    }, [focus]);

    async function submit(event: FormEvent) {
        event.preventDefault();
        const wanted = name.trim();
        if (wanted === "" || !(await run(() => add({ name: wanted })))) return;
        setName("");
        tell({ text: texts.added(wanted) });
    }

    return (
        <form
            className={styles.form}
            onSubmit={submit}
            onKeyDown={(event) => {
                if (event.key === "Escape") onClose();
            }}
        >
            <label htmlFor="new-habit">{texts.newHabit}</label>
            <div className={styles.row}>
                <input
                    id="new-habit"
                    ref={input}
                    value={name}
                    onChange={(event) => setName(event.target.value)}
                    placeholder={texts.placeholder}
                    autoComplete="off"
                    maxLength={100}
                    required
                />
                <button type="submit" className="primary" disabled={busy}>
                    {texts.addIt}
                </button>
            </div>
            <Failure text={failure} />
        </form>
    );
}
