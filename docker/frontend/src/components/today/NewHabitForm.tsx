import { useState, type FormEvent } from "react";

import { useTask } from "@/hooks/useTask";

import { Failure } from "../shared/Failure";
import styles from "./NewHabitForm.module.css";

interface NewHabitFormProps {
    onAdd: (name: string) => Promise<unknown>;
}

export function NewHabitForm({ onAdd }: NewHabitFormProps) {
    const [name, setName] = useState("");
    const { busy, failure, run } = useTask();

    async function submit(event: FormEvent) {
        event.preventDefault();
        const wanted = name.trim();
        if (wanted !== "" && (await run(() => onAdd(wanted)))) setName("");
    }

    return (
        <form className={styles.form} onSubmit={submit}>
            <label htmlFor="new-habit">New habit</label>
            <div className={styles.row}>
                <input
                    id="new-habit"
                    value={name}
                    onChange={(event) => setName(event.target.value)}
                    placeholder="Read ten pages"
                    autoComplete="off"
                    maxLength={100}
                    required
                />
                <button type="submit" className="primary" disabled={busy}>
                    Add
                </button>
            </div>
            <Failure text={failure} />
        </form>
    );
}
