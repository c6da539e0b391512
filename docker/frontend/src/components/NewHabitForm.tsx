import { useState, type FormEvent } from "react";

import { messageOf } from "@/lib/api";

import styles from "./NewHabitForm.module.css";

interface NewHabitFormProps {
    onAdd: (name: string) => Promise<void>;
}

export function NewHabitForm({ onAdd }: NewHabitFormProps) {
    const [name, setName] = useState("");
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<string>();

    async function submit(event: FormEvent) {
        event.preventDefault();
        const wanted = name.trim();
        if (wanted === "") return;
        setBusy(true);
        setFailure(undefined);
        try {
            await onAdd(wanted);
            setName("");
        } catch (error) {
            setFailure(messageOf(error));
        } finally {
            setBusy(false);
        }
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
            {failure && (
                <p className={styles.failure} role="alert">
                    {failure}
                </p>
            )}
        </form>
    );
}
