"use client";

import ChatPanel from "./ChatPanel";
import styles from "./ChatScreen.module.css";

/** The assistant with the whole screen for it. */
export function ChatScreen() {
    return (
        <div className={styles.screen}>
            <ChatPanel level={1} />
        </div>
    );
}
