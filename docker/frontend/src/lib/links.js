// All that Next asks of its own links, which the page has none of; what it would bring itself is a kilobyte more.
exports.setLinkForCurrentNavigation = () => {};
