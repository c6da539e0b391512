"use client";

import { texts } from "@/texts/en/settings";

import { AccountSection } from "./AccountSection";
import { DataSection } from "./DataSection";
import { PasswordSection } from "./PasswordSection";
import { DaySection } from "./DaySection";
import { SessionsSection } from "./SessionsSection";
import styles from "./SettingsScreen.module.css";

/** What a person decides about their account and their data. */
export function SettingsScreen() {
    return (
        <div className={styles.screen}>
            <h1>{texts.settings}</h1>
            <DaySection />
            <PasswordSection />
            <SessionsSection />
            <DataSection />
            <AccountSection />
        </div>
    );
}
