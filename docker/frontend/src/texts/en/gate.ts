/** What is shown to whoever is not logged in. */
export const texts = {
    welcome: "Small things, every day",
    invitation:
        "Tick off your habits and watch them grow. New here? Choose a password and create an account.",
    ended: "Your session has ended",
    comeBack: "Log in again to go on where you were: what you typed is kept.",
    logIn: "Log in",
    createAccount: "Create account",
    eitherWay: "Log in or create an account",
    email: "E-mail",
    password: "Password",
    passwordRule: "At least 8 characters.",
};
