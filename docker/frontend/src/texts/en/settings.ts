import { counted } from "./habits";

/** The screen Settings. */
export const texts = {
    settings: "Settings",
    day: "Your day",
    dayExplained: (zone: string) =>
        `Streaks count the days of this time zone, wherever you are. This device is on ${zone}.`,
    timeZone: "Time zone",
    weekStart: "Weeks begin on",
    dayEnds: "Your day ends at",
    midnight: "midnight",
    hour: (hour: number) => `${hour} o’clock in the night`,
    saveDay: "Save your day",
    daySaved: "Your day is saved.",
    password: "Password",
    currentPassword: "Current password",
    newPassword: "New password, at least 8 characters",
    changePassword: "Change password",
    passwordChanged: "Your password is changed. Other devices are logged out.",
    sessions: "Where you are logged in",
    sessionsExplained: "Log out what you do not know, or no longer use.",
    thisDevice: "this device",
    lastUsed: (when: string) => `last used ${when}`,
    logOutOne: "Log out",
    logOutSession: (what: string) => `Log out ${what}`,
    logOutOthers: "Log out all others",
    data: "Your data",
    dataExplained:
        "The JSON file holds everything and can be imported again, here or elsewhere. The CSV file lists your check-ins for a spreadsheet.",
    exportJson: "Export as JSON",
    exportCsv: "Export as CSV",
    import: "Import a JSON export",
    savedAs: (name: string) => `Saved as ${name}.`,
    imported: (habits: number, checkIns: number) =>
        `Imported: ${counted(habits, "habit")}, ${counted(checkIns, "check-in")}.`,
    noExport: "This file is not a JSON export. Choose one that Export as JSON has made.",
    account: "Delete account",
    accountExplained: (email: string) =>
        `${email} and everything recorded under it are deleted at once, for good. Export your data first if you may want it back.`,
    confirmPassword: "Password, to confirm",
    deleteForGood: "Delete my account for good",
    keepAccount: "Keep my account",
    deleteAccount: "Delete account…",
};
