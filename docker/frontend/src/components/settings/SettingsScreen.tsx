"use client";

import { AccountSection } from "./AccountSection";
import { DataSection } from "./DataSection";
import { PasswordSection } from "./PasswordSection";
import styles from "./SettingsScreen.module.css";
import { TimeZoneSection } from "./TimeZoneSection";

/** What a person decides about their account and their data. */
export function SettingsScreen() {
    return (
        <div className={styles.screen}>
            <h1>Settings</h1>
            <TimeZoneSection />
            <PasswordSection />
            <DataSection />
            <AccountSection />
        </div>
    );
}
