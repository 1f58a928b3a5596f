import type { FastifyPluginAsync } from "fastify";
import { currentUserOf } from "../auth/current-user.js";
import { pageFrom, pageWithin } from "../domain/pagination.js";
import { queryOf } from "../forms/fields.js";
import { RESULTS_PER_PAGE, wordsOf } from "./repository.js";
import { searchPage } from "./views.js";

/** Maximum length of a query, in characters. The rest is ignored. */
const MAX_QUERY_LENGTH = 500;
/** Maximum number of pages of results. Later pages cost the most to find. */
const MAX_PAGES = 100;

/** Cuts a query between characters, because half a surrogate pair cannot be encoded in an address. */
function beginning(query: string): string {
  return query.length > MAX_QUERY_LENGTH ? [...query].slice(0, MAX_QUERY_LENGTH).join("") : query;
}

/** Route to search the user's notes. */
const search: FastifyPluginAsync = async (app) => {
  app.get("/search/", async (request, reply) => {
    const currentUser = currentUserOf(request);
    const query = beginning(queryOf(request, "q").replaceAll("\0", "")).trim();
    const words = wordsOf(query);
    const asked = Math.min(pageFrom(queryOf(request, "page")), MAX_PAGES);
    const [found, pads] = await Promise.all([
      words.length === 0 ? { notes: [], total: 0 } : app.noteSearch.find(currentUser.id, words, asked),
      app.pads.list(currentUser.id),
    ]);
    if (found.total === 0 && asked > 1) return reply.redirect(`/search/?q=${encodeURIComponent(query)}`, 302);
    const within = pageWithin(asked, found.total, RESULTS_PER_PAGE);
    const number = { page: within.page, pages: Math.min(within.pages, MAX_PAGES) };
    return reply.page(searchPage({ query, words, found, pads, number, calendar: app.calendar }));
  });
};

export default search;
