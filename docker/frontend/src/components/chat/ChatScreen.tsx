"use client";

import { useAssistant } from "@/hooks/useAssistant";
import { texts } from "@/texts/en/chat";

import ChatPanel from "./ChatPanel";
import styles from "./ChatScreen.module.css";

/** The assistant with the whole screen for it. */
export function ChatScreen() {
    const available = useAssistant();
    if (available === false) {
        return (
            <>
                <h1>{texts.none}</h1>
                <p>{texts.noneExplained}</p>
            </>
        );
    }
    return (
        <div className={styles.screen} data-field-at-foot>
            {available && <ChatPanel level={1} />}
        </div>
    );
}
