// Keys and saving for the review pages. Every page works without it, by its forms.
"use strict";
