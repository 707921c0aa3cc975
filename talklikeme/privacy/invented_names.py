"""Given names of many cultures, for friends who are to stay unnamed; no one in particular."""

_NAMES = """
Given names of many cultures, for friends who are to stay unnamed; no one in particular. Abeni
Adaeze Adil Adisa Aiko Aino Akela Akira Alba Aldo Alinta Alma Alvar Amara Amias Amira Anahi Anatol
Andor Aneta Anouk Anselm Anwen Aoife Aram Arash Araminta Arden Arlo Armel Arno Asante Aseel Asger
Asha Asuka Atlas Aurel Aviva Ayaan Ayla Azadeh Bahar Balint Bao Basil Bastian Beatriz Belen
Benedek Berit Bilal Birgit Bodil Bogdan Branko Brannagh Bronwen Caius Calla Callum Camila Caoimhe
Casimir Catalin Ceren Chiara Chidi Chiyo Cillian Clio Corin Cosima Dacian Dafne Dagny Damaris
Danilo Darya Davor Delphine Demir Desta Dhruv Dilan Dimitra Dorian Dragana Eamon Ebele Edda Efua
Eilidh Einar Elara Elif Elio Elowen Emeka Emine Enrico Eos Erik Esme Espen Etsuko Eulalia Evander
Ewa Fadil Farah Farid Fatou Federica Felipe Femi Fenja Fergus Ffion Filippa Finnian Fiorella
Flurin Freja Fumiko Galina Gareth Genevra Gideon Giorgos Gita Goran Greta Gudrun Gwen Hadiza Hakan
Halina Hana Haruki Hedda Heikki Helmi Henrike Hiroto Horatio Hyun Ibai Idris Ieva Ignacio Ikram
Ilka Ilona Imani Imre Inaya Indira Ines Ingrid Ioana Irem Isidro Ismene Itziar Ivo Iwona Jadwiga
Jaromir Jaya Jelena Jiho Jolanta Jorunn Juhani Junko Kaito Kalani Kamala Kasimir Katla Kenji Kerem
Kiran Kirsi Klara Koji Kofi Kwame Laszlo Leilani Leocadia Levente Liselotte Ljubica Lorcan Lucian
Ludmila Luz Maelle Magnus Maitane Makoto Malik Marit Mateus Matilde Mehmet Meret Micheline Milica
Minh Mircea Mirela Misaki Moana Nadia Nairi Naoko Nasrin Neve Ngozi Niamh Nikolina Nilufar Noor
Nuria Obinna Odile Oisin Oksana Olamide Ondrej Orsolya Osman Ottilie Padma Paloma Panu Parisa
Pelle Petra Philippa Pilar Piotr Priya Quim Radka Rafiq Ragnar Ramona Raquel Rasmus Ravi Reiko
Renzo Rhiannon Rosalind Roxana Runa Sabine Sadiq Saga Sakari Samira Sanna Saoirse Selin Severin
Shirin Sibyl Sigrid Silvio Sindre Siobhan Solveig Soren Stanislav Suda Sunniva Svetlana Tadeo
Taisto Takumi Tamsin Tarek Tatiana Tevita Thandiwe Theodora Tiago Tomoko Torsten Tuuli Ulrike
Umberto Usha Valter Vasco Vesna Vikram Viola Vilmos Wanda Wiebke Wojciech Xanthe Xiomara Yael
Yannick Yara Yasmin Yevgenia Yoko Yuna Yusuf Zahra Zbigniew Zelda Zofia Zuleika Zuzana
"""
INVENTED_NAMES: tuple[str, ...] = tuple(_NAMES.split())
